from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc_tui.data import catalog
from alc_tui.data.dataset import TEST, TRAIN, VAL
from alc_tui.data.images import square
from alc_tui.data.noise.instance import flip
from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError
from alc_tui.session import create
from alc_tui.session.image_size import with_size_of_images
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.settings.training_time import Speed
from alc_tui.session.store import arrays
from alc_tui.session.store import folder as folders
from alc_tui.session.store.arrays import Samples, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from tests.session.small import SETTINGS, draw_colors, make

CPU = DeviceProbe("cpu", None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def own_colors(colors: Path, tmp_path: Path) -> Path:
    """The colors, to be spoilt."""
    return Path(shutil.copytree(colors, tmp_path / "own"))


def checked(dataset: str, device: DeviceProbe = CPU, **changes: Any) -> create.SessionDraft:
    return create.check(*resolve({"dataset": dataset, **SETTINGS, **changes}, {}, Path("nowhere")), device=device)


def table(tmp_path: Path, colors: Path, text: Callable[[list[str]], list[str]]) -> str:
    """`csv:` of a table beside the images, its rows made from `color/number.png,color`."""
    root = Path(shutil.copytree(colors, tmp_path / "table"))
    images = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    lines = text([f"{image},{image.split('/')[0]}" for image in images])
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return f"csv:{root / 'labels.csv'}"


def test_a_session_is_a_folder_with_document_samples_and_room_for_weights(colors: Path, store: Path) -> None:
    folder = make(colors, store, "small")
    assert sorted(path.name for path in folder.path.iterdir()) == [
        *("checksums.bin", "samples.npz", "session.json", "weights"),
    ]
    facts = Document(folder.document).session
    assert facts.classes == ("blue", "green", "red")
    assert facts.dataset.splits == {"train": 50, "val": 7, "test": 15}
    assert facts.dataset.root == str(colors)
    assert (facts.bad, facts.duplicates, facts.device) == ((), (), "cpu")
    assert facts.origins["noise"] == "option" and facts.origins["forget_rate"] == "noise"
    samples = load_samples(folder.samples)
    assert len(set(samples.ids.tolist())) == 72
    assert [int((samples.split == part).sum()) for part in (TRAIN, VAL, TEST)] == [50, 7, 15]
    assert [f"{path.parent.name}/{path.name}" for path in map(Path, samples.ids)] == samples.ids.tolist()


def test_the_truth_is_the_label_that_came_with_the_data(colors: Path, store: Path) -> None:
    samples = load_samples(make(colors, store, "small").samples)
    assert [("blue", "green", "red")[t] for t in samples.truth] == [i.split("/")[0] for i in samples.ids.tolist()]


def test_noise_changes_training_labels_only_and_about_as_many_as_asked(colors: Path) -> None:
    changed = []
    for seed in range(5):
        samples = checked(f"folder:{colors}", seed=seed).samples
        wrong = samples.given != samples.truth
        assert not wrong[samples.split != TRAIN].any()
        assert set(samples.given.tolist()) <= {0, 1, 2}
        changed.append(int(wrong.sum()))
    # 250 draws with p = 0.4: 100 expected, standard deviation 7.7
    assert 65 < sum(changed) < 135 and len(set(changed)) > 1


@pytest.mark.parametrize(("kind", "steps"), [("uniform", {0, 1, 2}), ("pair", {0, 1})])
def test_the_kind_of_noise_says_which_labels_become_which(colors: Path, kind: str, steps: set[int]) -> None:
    samples = checked(f"folder:{colors}", noise_kind=kind).samples
    assert set(((samples.given - samples.truth) % 3).tolist()) == steps


def test_noise_may_follow_a_matrix(colors: Path, tmp_path: Path) -> None:
    path = tmp_path / "matrix.csv"
    path.write_text("class,blue,green,red\nblue,1,0,0\ngreen,0,0,1\nred,0,0,1\n")
    found = checked(f"folder:{colors}", noise=None, forget_rate=None, noise_kind=f"matrix:{path}")
    samples = found.samples
    train = samples.split == TRAIN
    assert (samples.given[train] == np.array([0, 2, 2])[samples.truth[train]]).all()
    assert (samples.given[~train] == samples.truth[~train]).all()
    flipped = (samples.truth[train] == 1).mean()
    assert found.config.forget_rate == round(float(flipped), 3) and found.origins["forget_rate"] == "noise"


def test_exempt_classes_keep_their_labels_and_the_forget_rate_is_that_of_all(colors: Path) -> None:
    found = checked(f"folder:{colors}", noise_exempt="red, blue")
    every = checked(f"folder:{colors}").samples
    samples = found.samples
    is_green = samples.truth == 1
    assert np.array_equal(samples.given[~is_green], samples.truth[~is_green])
    assert np.array_equal(samples.given[is_green], every.given[is_green])
    wrong = int((samples.given != samples.truth).sum())
    assert wrong > 0 and found.config.forget_rate == round(wrong / 50, 3)
    assert checked(f"folder:{colors}", noise_exempt="red", forget_rate=0.3).config.forget_rate == 0.3


def test_noise_may_depend_on_the_images(colors: Path) -> None:
    draws = [checked(f"folder:{colors}", noise_kind="instance", seed=seed) for seed in (3, 3, 4)]
    assert {draw.config.forget_rate for draw in draws} == {0.4}
    first, again, other = (draw.samples for draw in draws)
    assert np.array_equal(first.given, again.given) and not np.array_equal(first.given, other.given)
    wrong = first.given != first.truth
    assert wrong.any() and not wrong[first.split != TRAIN].any()


def test_instance_noise_sees_the_training_images_as_they_were_decoded(colors: Path) -> None:
    found = checked(f"folder:{colors}", noise_kind="instance")
    samples, dataset = found.samples, found.dataset
    train = np.flatnonzero(samples.split == TRAIN)
    fields = []
    for locator in samples.locators[train]:
        image = square(Image.open(dataset.root / str(locator)).convert("RGB"), 18)  # 256/224 of 16 pixels
        fields.append(np.asarray(Image.fromarray(image).resize((8, 8), Image.Resampling.BOX)).ravel())
    features = np.array(fields, dtype=np.float64)
    expected = flip(samples.truth[train], 3, 0.4, features, random_stream(0, "noise"))
    assert np.array_equal(samples.given[train], expected)


def test_without_noise_every_label_is_right(colors: Path) -> None:
    samples = checked(f"folder:{colors}", noise=0.0, forget_rate=0.4).samples
    assert (samples.given == samples.truth).all() and samples.truth_is_known


def test_data_that_is_noisy_already_has_no_truth(colors: Path) -> None:
    found = checked(f"folder:{colors}", noise=None)
    assert not found.samples.truth_is_known
    assert found.config.forget_rate == "auto" and found.config.noise is None


def test_the_same_seed_gives_the_same_split_and_noise_and_another_seed_others(colors: Path) -> None:
    one, again, other = (checked(f"folder:{colors}", seed=seed).samples for seed in (3, 3, 4))
    same: Callable[[Samples, str], bool] = lambda samples, name: bool(  # noqa: E731
        np.array_equal(getattr(samples, name), getattr(one, name))
    )
    assert same(again, "split") and same(again, "given") and same(again, "ids")
    assert not same(other, "split") and not same(other, "given")


def test_a_truth_column_is_the_truth(tmp_path: Path, colors: Path) -> None:
    spec = table(tmp_path, colors, lambda rows: ["image,label,truth", *(f"{row},red" for row in rows)])
    samples = checked(spec, noise=None).samples
    assert samples.truth_is_known and set(samples.truth.tolist()) == {2}
    assert np.bincount(samples.given).tolist() == [24, 24, 24]


def test_noise_on_labels_known_to_be_noisy_is_refused(tmp_path: Path, colors: Path) -> None:
    spec = table(tmp_path, colors, lambda rows: ["image,label,truth", *(f"{row},red" for row in rows)])
    with pytest.raises(UsageError, match="already noisy according to the truth column; omit --noise"):
        checked(spec)


# With 50 training samples in batches of 16, 16, 16 and 2, and τ = 0.4, ⌊0.6·16⌋·3 + ⌊0.6·2⌋ = 28 are kept, 22 are not.
@pytest.mark.parametrize(
    ("settings", "allowed", "refused", "sentence"),
    [
        ({"rounds": 2}, 11, 12, "2 rounds × 12 = 24 is larger than the noisy set of 22; specify at most --budget 11"),
        ({"rounds": 22}, 1, 2, "22 rounds × 2 = 44 is larger than the noisy set of 22; specify at most --budget 1"),
        ({"rounds": 2, "method": "ce"}, 25, 26, "larger than the noisy set of 50"),
        ({"rounds": 2, "method": "elr"}, 25, 26, "larger than the noisy set of 50"),
        ({"rounds": 2, "method": "dividemix"}, 25, 26, "larger than the noisy set of 50"),
        ({"rounds": 2, "method": "al"}, 25, 26, "larger than the noisy set of 50"),
        ({"rounds": 2, "noise": None}, 25, 26, "larger than the noisy set of 50"),
        ({"rounds": 1, "clean_set": "global"}, 20, 21, "larger than the noisy set of 20"),
    ],
)
def test_a_budget_larger_than_the_noisy_set_is_refused(
    colors: Path, settings: dict[str, Any], allowed: int, refused: int, sentence: str
) -> None:
    assert checked(f"folder:{colors}", **{**settings, "budget": allowed}).config.budget == allowed
    with pytest.raises(UsageError) as caught:
        checked(f"folder:{colors}", **{**settings, "budget": refused})
    assert sentence in str(caught.value)


def test_without_a_noisy_set_there_is_nothing_to_clean(colors: Path) -> None:
    with pytest.raises(UsageError, match="With a forget rate of 0, no sample counts as noisy"):
        checked(f"folder:{colors}", noise=0.0)
    assert checked(f"folder:{colors}", noise=0.0, rounds=0).config.rounds == 0


def test_a_budget_that_was_not_given_is_the_papers_share(colors: Path) -> None:
    found = checked(f"folder:{colors}", budget=None)
    assert found.config.budget == 1  # 492 of 17,731 are 1.4 of 50
    assert found.origins["budget"] == "preset"


def test_an_unreadable_image_stops_it_and_is_named(own_colors: Path) -> None:
    (own_colors / "red" / "05.png").write_bytes(b"no image")
    (own_colors / "blue" / "07.png").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        checked(f"folder:{own_colors}")
    said = str(caught.value)
    assert said.startswith("2 of 72 images cannot be used (")
    assert "blue/07.png: empty file; red/05.png: not an image" in said and "--skip-bad" in said


def test_of_many_unreadable_images_the_first_are_named(own_colors: Path) -> None:
    for number in range(5):
        (own_colors / "red" / f"{number:02d}.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"5 of 72 .*red/02\.png: empty file and 2 more\)"):
        checked(f"folder:{own_colors}")


def test_with_skip_bad_unreadable_images_are_left_out_and_recorded(own_colors: Path, store: Path) -> None:
    (own_colors / "red" / "05.png").write_bytes(b"no image")
    folder = make(own_colors, store, "small", skip_bad=True)
    (bad,) = Document(folder.document).session.bad
    assert bad.locator == "red/05.png" and "not an image" in bad.reason
    ids = load_samples(folder.samples).ids.tolist()
    assert len(ids) == 71 and "red/05.png" not in ids


def test_what_cannot_be_read_stops_it_or_is_left_out_and_recorded(own_colors: Path, store: Path) -> None:
    (own_colors / "red" / "batch2").symlink_to("/mnt/unmounted")
    (own_colors / "nan").mkdir()
    (own_colors / "red" / "05.png").rename(own_colors / "nan" / "05.png")
    with pytest.raises(UsageError) as caught:
        checked(f"folder:{own_colors}")
    assert "nan: a class folder for missing labels)" in str(caught.value)
    assert "--skip-bad" in str(caught.value) and "\n" not in str(caught.value)
    (own_colors / "red" / "06.png").write_bytes(b"")
    folder = make(own_colors, store, "small", skip_bad=True)
    record = Document(folder.document).session
    assert [bad.locator for bad in record.bad] == ["red/batch2", "nan", "red/06.png"]
    assert record.classes == ("blue", "green", "red") and sum(record.dataset.splits.values()) == 70


def test_rows_without_label_stop_it_or_are_left_out_and_recorded(tmp_path: Path, colors: Path) -> None:
    spec = table(tmp_path, colors, lambda rows: ["image,label", "blue/00.png,nan", *rows[1:]])
    with pytest.raises(UsageError, match=r"1 \(row 2 \(blue/00\.png\): the label 'nan' is missing\).*--skip-bad"):
        checked(spec)
    draft = checked(spec, skip_bad=True)
    assert draft.dataset.classes == ("blue", "green", "red") and len(draft.samples.ids) == 71
    assert [skipped.locator for skipped in draft.skipped] == ["row 2 (blue/00.png)"]


@pytest.mark.parametrize("noise", [0.4, None])
def test_data_of_one_class_is_refused(tmp_path: Path, colors: Path, noise: float | None) -> None:
    shutil.copytree(colors / "red", tmp_path / "one" / "red")
    with pytest.raises(UsageError, match=r"All samples of .* have the class 'red', .* at least two classes"):
        checked(f"folder:{tmp_path / 'one'}", noise=noise)


def test_labels_that_look_alike_may_be_joined(tmp_path: Path, colors: Path) -> None:
    spec = table(tmp_path, colors, lambda rows: ["image,label", rows[0].replace(",blue", ",Blue"), *rows[1:]])
    with pytest.raises(UsageError, match=r"'Blue' \(1\) and 'blue' \(23\).*--merge-alike"):
        checked(spec)
    assert checked(spec, merge_alike=True).dataset.classes == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weights": "nowhere.pth"}, r"Weights .*/nowhere\.pth not found"),
        ({"noise": None, "noise_kind": "matrix:nowhere.csv"}, r"nowhere\.csv cannot be read"),
        ({"noise_exempt": "gren"}, "did you mean green"),
        ({"dataset": "folder:nowhere"}, "cannot be read"),
    ],
)
def test_paths_are_checked_before_anything_is_downloaded_measured_or_decoded(
    colors: Path, changes: dict[str, Any], sentence: str
) -> None:
    def probed(_config: Config) -> None:
        raise AssertionError("the machine was measured")

    def decoded(_done: int, _total: int) -> None:
        raise AssertionError("an image was decoded")

    resolved = resolve({"dataset": f"folder:{colors}", **SETTINGS, **changes}, {}, Path("nowhere"))
    with pytest.raises(UsageError, match=sentence):
        create.check(*resolved, on_progress=decoded, on_probe=probed)


def test_weights_that_are_not_in_the_working_folder_are_looked_for_in_the_data_root(
    tmp_path: Path, colors: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "mine.pth").touch()
    resolved = resolve(
        {"dataset": f"folder:{colors}", **SETTINGS, "weights": "mine.pth", "data_root": str(root)}, {}, Path("nowhere")
    )
    probed: list[str] = []

    def stop(config: Config) -> None:
        probed.append(config.weights)
        raise UsageError("enough")

    with pytest.raises(UsageError, match="enough"):
        create.check(*resolved, on_probe=stop)
    assert probed == [str(root / "mine.pth")]


def test_a_class_whose_training_images_are_all_unreadable_is_named(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        draw_colors(tmp_path / "parts" / part, per_class=10)
    for path in (tmp_path / "parts" / "train" / "green").iterdir():
        path.write_bytes(b"")
    with pytest.raises(UsageError, match=r"No training sample of .* has the class 'green'"):
        checked(f"folder:{tmp_path / 'parts'}", skip_bad=True)


def test_images_that_are_there_twice_are_recorded(own_colors: Path, store: Path) -> None:
    shutil.copyfile(own_colors / "red" / "05.png", own_colors / "blue" / "99.png")
    (duplicates,) = Document(make(own_colors, store, "small").document).session.duplicates
    assert duplicates.ids == ("blue/99.png", "red/05.png") and duplicates.classes == ("blue", "red")


def test_names_of_classes_and_files_may_hold_anything(tmp_path: Path, store: Path) -> None:
    root = tmp_path / "odd"
    names = ["\x1b[31mred", "naïve β", "quote'\"", "\udcff"]
    for number, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for place in range(12):
            Image.new("RGB", (16, 16), (20 * number, 20 * place, 0)).save(root / name / f"a\udcfe\n{place}.png", "PNG")
    folder = make(root, store, "odd", budget=2)
    assert sorted(Document(folder.document).session.classes) == sorted(names)
    ids = load_samples(folder.samples).ids.tolist()
    assert f"{names[3]}/a\udcfe\n11.png" in ids


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (lambda rows: ["image,klass", *rows], "no column 'label'"),
        (lambda rows: ["image,label", *rows, rows[0]], r"repeats the image 'blue/00\.png' of row 2"),
        (lambda rows: ["image,label", *rows, "../secret.png,red"], r"'\.\./secret\.png'; use a path inside"),
        (lambda rows: ["image,label", *rows, "/etc/passwd,red"], "'/etc/passwd'; use a path inside"),
        (
            lambda rows: ["image,label,split", *(f"{row},train" for row in rows[:48]), f"{rows[60]},val"],
            "has the label 'red', which occurs in no training row",
        ),
        (lambda rows: ["image,label", *rows, "nowhere.png,red"], r"1 of 73 images .*nowhere\.png: missing"),
        (lambda rows: ["image,label,split", *(f"{row},train" for row in rows)], "has no val sample"),
    ],
)
def test_a_table_with_mistakes_is_refused(
    tmp_path: Path, colors: Path, lines: Callable[[list[str]], list[str]], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        checked(table(tmp_path, colors, lines))


@pytest.mark.parametrize(
    ("dataset", "changes", "sentence"),
    [
        ("isik", {}, "Unknown data set 'isik'; did you mean 'isic'?"),
        ("isic", {}, "needs a data root; specify --data-root or set ALC_DATA"),
        ("folder:nowhere", {}, "cannot be read"),
        ("csv:nowhere.csv", {}, "cannot be read"),
        ("demo", {"data_root": "nowhere"}, "The data root nowhere is not a folder"),
        ("colors", {"split": "lesion"}, "has no groups of samples"),
        ("colors", {"split": "given"}, "has no split"),
        ("colors", {"noise": None, "noise_kind": "matrix:nowhere.csv"}, "nowhere.csv cannot be read"),
        ("colors", {"noise_exempt": "gren"}, "Unknown class to exempt from noise 'gren'; did you mean green?"),
    ],
)
def test_data_that_is_not_there_is_one_sentence(
    colors: Path, dataset: str, changes: dict[str, Any], sentence: str
) -> None:
    spec = f"folder:{colors}" if dataset == "colors" else dataset
    with pytest.raises(UsageError) as caught:
        checked(spec, **changes)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_a_class_that_the_split_leaves_without_training_sample_is_named(tmp_path: Path, colors: Path) -> None:
    lonely: Callable[[list[str]], list[str]] = lambda rows: ["image,label", *rows[:49]]  # noqa: E731
    spec = table(tmp_path, colors, lonely)  # 24 blue, 24 green, one red: in training for some seeds only
    outcomes = set()
    for seed in range(12):
        try:
            checked(spec, seed=seed, budget=1, rounds=1)
        except UsageError as error:
            assert "has the class 'red'" in str(error) and "No training sample" in str(error)
            outcomes.add("refused")
        else:
            outcomes.add("made")
    assert outcomes == {"refused", "made"}


def test_a_session_gets_a_name_from_data_and_noise(colors: Path, store: Path) -> None:
    found = checked(f"folder:{colors}")
    assert [create.write(found, store, None).name for _ in range(2)] == ["folder-p40", "folder-p40-2"]
    assert create.write(checked(f"folder:{colors}", noise=None), store, None).name == "folder"


def test_no_session_has_the_name_of_the_folder_of_benchmarks(colors: Path, store: Path) -> None:
    with pytest.raises(UsageError, match=r"'bench' is the folder of the benchmarks in .*specify another --name"):
        make(colors, store, "bench")
    assert not (store / "bench").exists()


def test_a_taken_name_is_refused_and_the_session_is_left_alone(colors: Path, store: Path) -> None:
    found = checked(f"folder:{colors}")
    folder = create.write(found, store, "mine")
    before = folder.document.read_bytes()
    with pytest.raises(UsageError, match=r"Session 'mine' already exists in .*specify another --name"):
        create.write(found, store, "mine")
    assert folder.document.read_bytes() == before


@pytest.mark.parametrize("name", ["../out", ".hidden", "a/b", ""])
def test_a_name_that_leads_out_of_the_store_is_refused(colors: Path, store: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a valid session name"):
        create.write(checked(f"folder:{colors}"), store, name)
    assert not store.exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("moment", ["samples", "document", "rename"])
def test_a_session_that_cannot_be_written_whole_leaves_nothing_behind(
    colors: Path, store: Path, moment: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    place = {"samples": (arrays, "save"), "document": (Document, "create"), "rename": (folders, "rename")}[moment]
    found = checked(f"folder:{colors}")
    with monkeypatch.context() as failing:
        failing.setattr(*place, fail)
        with pytest.raises(type(error)):
            create.write(found, store, "small")
    assert list(store.iterdir()) == []
    assert create.write(found, store, "small").document.is_file()


def test_a_store_that_is_a_file_is_left_as_it_is(colors: Path, store: Path) -> None:
    store.write_text("no folder")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        create.write(checked(f"folder:{colors}"), store, "small")
    assert store.read_text() == "no folder"


def test_the_time_it_will_take_follows_from_the_pace(colors: Path) -> None:
    assert checked(f"folder:{colors}").estimate is None
    measured = DeviceProbe("cpu", Speed(0.01, 0.001))
    # 50 to train on, 7 to validate, 15 to test; LNL takes 28 for clean, and each of two rounds adds 5.
    known = checked(f"folder:{colors}", measured).estimate
    assert known is not None
    assert known.learning == pytest.approx(0.01 * (3 * 2 * 50) + 0.001 * (3 * 2 * 7 + 6 * 15 + 50))
    assert known.round == pytest.approx(0.01 * 2 * (28 + 7.5) + 0.001 * (2 * 7 + 2 * 15 + 50))
    unknown = checked(f"folder:{colors}", measured, forget_rate="auto").estimate
    assert unknown is not None and unknown.learning > known.learning
    assert unknown.round == pytest.approx(known.round + 0.01 * 2 * (50 - 28))
    alone = checked(f"folder:{colors}", measured, method="ce").estimate
    assert alone is not None and alone.round == pytest.approx(known.round - 0.01 * 2 * 28)
    # Of elr one knows no more than that 0.6 · 50 labels are right.
    elr = checked(f"folder:{colors}", measured, method="elr").estimate
    assert elr is not None and elr.round == pytest.approx(known.round + 0.01 * 2 * (30 - 28))


def test_the_folder_of_a_new_session_is_told_before_any_work(store: Path) -> None:
    assert create.new_session_folder(store, "new") == SessionFolder(store / "new")
    (store / "new").mkdir(parents=True)
    with pytest.raises(UsageError, match="Session 'new' already exists"):
        create.new_session_folder(store, "new")


def test_a_backbone_of_timm_determines_the_image_size_unless_it_is_specified(colors: Path) -> None:
    device = DeviceProbe("cpu", None, image_size=20)
    settings: dict[str, Any] = {name: value for name, value in SETTINGS.items() if name != "image_size"}
    for own, backbone, size, origin in (
        ({}, "timm:test_vit", 20, "backbone"),
        ({"image_size": 24}, "timm:test_vit", 24, "option"),
        ({}, "small", 224, "default"),
    ):
        options = {"dataset": f"folder:{colors}", **settings, **own, "backbone": backbone}
        draft = create.check(*resolve(options, {}, None), device=device)
        assert (draft.config.image_size, draft.origins["image_size"]) == (size, origin)


def save_images(folder: Path, *sizes: tuple[int, int]) -> Path:
    """Two classes with ten images of each of these widths and heights."""
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            for width, height in sizes:
                Image.new("RGB", (width, height)).save(folder / name / f"{number}-{width}.png")
    return folder


@pytest.mark.parametrize(
    ("sizes", "options", "expected"),
    [
        ([(128, 96)], {"freeze": True}, (128, "images")),
        ([(30, 40)], {"freeze": True}, (64, "images")),
        ([(100, 80), (120, 60)], {"freeze": True}, (120, "images")),
        ([(600, 450)], {"freeze": True}, (224, "default")),
        ([(128, 96)], {"freeze": True, "image_size": 224}, (224, "option")),
        ([(128, 96)], {}, (224, "default")),
    ],
)
def test_frozen_features_are_not_computed_of_images_that_were_made_larger(
    sizes: list[tuple[int, int]], options: dict[str, Any], expected: tuple[int, str], tmp_path: Path
) -> None:
    folder, measured = save_images(tmp_path / "images", *sizes), list[Config]()
    settings = {"dataset": f"folder:{folder}", "noise": 0.4, "budget": 1, "rounds": 1, **options}
    draft = create.check(*resolve(settings, {}, None), device=DeviceProbe("cpu", None))
    assert (draft.config.image_size, draft.origins["image_size"]) == expected
    with pytest.raises(UsageError, match="stop here"):
        create.check(*resolve(settings, {}, None), on_probe=lambda config: refuse(measured, config))
    assert measured[0].image_size == expected[0]


def refuse(measured: list[Config], config: Config) -> None:
    measured.append(config)
    raise UsageError("stop here")


def test_images_that_cannot_be_read_tell_no_size(tmp_path: Path) -> None:
    folder = save_images(tmp_path / "images", (90, 90))
    for path in list(folder.rglob("*.png")):
        path.write_bytes(b"damaged")
    images = catalog.open_dataset(f"folder:{folder}", None).images
    config, origins = with_size_of_images(Config(dataset=f"folder:{folder}", freeze=True), {}, images)
    assert (config.image_size, origins) == (224, {})


def test_features_and_windows_that_do_not_fit_into_memory_are_refused(colors: Path) -> None:
    wide = DeviceProbe("cpu", None, dimensions=10**12)
    with pytest.raises(UsageError, match="more than this machine's memory"):
        checked(f"folder:{colors}", wide, freeze=True)
