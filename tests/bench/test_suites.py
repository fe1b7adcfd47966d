from __future__ import annotations

import json
from pathlib import Path

import pytest

from alc_tui.bench.suites import are_published, find_suite, suite_names
from alc_tui.errors import UsageError
from tests.present import present


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def points(named: str) -> list[tuple[object, ...]]:
    return [
        (run.config.seed, run.config.noise, run.config.method, run.config.sampler) for run in find_suite(named).runs
    ]


def test_a_grid_is_every_combination_seed_by_seed(tmp_path: Path) -> None:
    text = "[settings]\ndataset = 'demo'\n[[grid]]\nsampler = ['random', 'entropy']\nmethod = ['ct', 'ce']\n"
    named = write(tmp_path / "mine.toml", text + "noise = [0.4, 0.5]\nseed = [1, 0]\n")
    expected = [
        (seed, noise, method, sampler)
        for seed in (0, 1)
        for noise in (0.4, 0.5)
        for method in ("ct", "ce")
        for sampler in ("random", "entropy")
    ]
    assert points(named) == expected


def test_the_ceiling_is_one_run_for_all_samplers_and_has_no_rounds(tmp_path: Path) -> None:
    text = "[settings]\ndataset = 'demo'\nnoise = 0.5\nrounds = 3\n[grid]\n"
    named = write(tmp_path / "mine.toml", text + "method = ['clean', 'ce']\nsampler = ['entropy', 'margin']\n")
    assert [(each[2], each[3]) for each in points(named)] == [
        ("clean", "random"),
        ("ce", "entropy"),
        ("ce", "margin"),
    ]
    assert [run.config.rounds for run in find_suite(named).runs] == [0, 3, 3]


def test_any_setting_can_be_an_axis_and_a_grid_overrides_the_settings(tmp_path: Path) -> None:
    text = "[settings]\ndataset = 'demo'\nnoise = 0.5\nepochs = 9\n[[grid]]\nmix_ratio = [0.0, 0.5]\nepochs = 7\n"
    runs = find_suite(write(tmp_path / "mine.toml", text)).runs
    assert [(run.config.mix_ratio, run.config.epochs) for run in runs] == [(0.0, 7), (0.5, 7)]


def test_the_same_run_in_two_grids_is_one(tmp_path: Path) -> None:
    text = "[[grid]]\ndataset = 'demo'\nseed = [0, 1]\n[[grid]]\ndataset = 'demo'\nseed = [1, 2]\n"
    assert [each[0] for each in points(write(tmp_path / "mine.toml", text))] == [0, 1, 2]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("weights = ['/x/a/model.pt', '/x/b/model.pt']", "A result tells weights files apart by name only"),
        ("data_root = ['/a', '/b']", "A result does not depend on data_root; specify one value."),
        ("device = ['cpu', 'cuda']", "A result does not depend on device; specify one value."),
    ],
)
def test_runs_that_results_cannot_tell_apart_are_refused(tmp_path: Path, line: str, sentence: str) -> None:
    named = write(tmp_path / "mine.toml", f"[[grid]]\ndataset = 'demo'\nseed = [0, 1]\n{line}\n")
    with pytest.raises(UsageError, match=f"{named} has two runs that differ only in ") as caught:
        find_suite(named)
    assert sentence in str(caught.value)


def test_departures_of_the_rounds_share_their_lnl_and_those_before_them_do_not(tmp_path: Path) -> None:
    text = """
[settings]
dataset = "demo"
noise = 0.5
[[grid]]
preset = ["paper", "authors-code"]
[[grid]]
preset = "authors-code"
departures = "random-seed"
[[grid]]
departures = ["free-corrections", "free-corrections,cosine-period", "vog-start", "vog-start,free-corrections"]
"""
    runs = find_suite(write(tmp_path / "mine.toml", text)).runs
    paper, authors, seeded, free, free_and_cosine, start, start_and_free = runs
    assert seeded.session == free.session == free_and_cosine.session == paper.session
    assert start_and_free.session == start.session
    assert len({paper.session, authors.session, start.session}) == 3
    assert authors.lnl_run.config.has_departure("vog-start")
    assert not authors.lnl_run.config.has_departure("free-corrections")
    assert [run.replay_changes["departures"] for run in (paper, free, free_and_cosine, start)] == [
        "none", "free-corrections", "free-corrections,cosine-period", "none",
    ]  # fmt: skip


def test_an_id_depends_on_the_whole_configuration_but_not_on_where_it_is_run(tmp_path: Path) -> None:
    def ids(settings: str) -> list[str]:
        text = f"[settings]\ndataset = 'demo'\nnoise = 0.5\n{settings}\n[[grid]]\nsampler = ['random', 'entropy']\n"
        return [run.id for run in find_suite(write(tmp_path / "mine.toml", text)).runs]

    plain = ids("")
    assert len(set(plain)) == 2 and ids("") == plain
    assert ids("device = 'cpu'\ndata_root = '/data'") == plain
    assert ids("epochs = 20") == plain  # the value of the preset of demo
    assert ids("weights = '/one/place/w.pth'") == ids("weights = '/another/w.pth'") != plain
    for other in ("epochs = 21", "lr = 0.03", "seed = 1", "noise_exempt = 'blue-dot'"):
        assert not set(ids(other)) & set(plain)
    (tmp_path / "oracle.toml").write_text("oracle = 'gt:error=0.1'\n" + (tmp_path / "mine.toml").read_text())
    assert not {run.id for run in find_suite(str(tmp_path / "oracle.toml")).runs} & set(plain)


def test_samplers_share_the_session_of_their_lnl_and_other_settings_do_not(tmp_path: Path) -> None:
    text = "[[grid]]\ndataset = 'demo'\nmethod = ['ct', 'ce']\nsampler = ['random', 'joint']\nseed = [0, 1]\n"
    runs = find_suite(write(tmp_path / "mine.toml", text)).runs
    sessions = {run.session: (run.config.method, run.config.seed) for run in runs}
    assert len(runs) == 8 and sorted(sessions.values()) == [("ce", 0), ("ce", 1), ("ct", 0), ("ct", 1)]
    assert {run.lnl_run.session for run in runs} == set(sessions)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (run,) = find_suite(write(tmp_path / "mine.toml", "\ufeff[[grid]]\ndataset = 'demo'\n")).runs
    assert run.config.dataset == "demo"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[grids]]\n", "Unknown key in {}: 'grids'; did you mean grid?"),
        ("[settings]\nepoch = 3\n[[grid]]\n", "Unknown key in [settings] of {}: 'epoch'; did you mean epochs?"),
        ("[[grid]]\nmetod = 'ct'\n", "Unknown key in [[grid]] of {}: 'metod'; did you mean method?"),
        ("[[grid]]\ndataset = 'demo'\nmethod = ['ct', 'ctvog']\n", "{}: Unknown method 'ctvog'; did you mean ct-vog?"),
        ("[[grid]]\ndataset = 'demo'\nsampler = 'entropie'\n", "{}: Unknown sampler 'entropie'; did you mean entropy?"),
        ("[[grid]]\ndataset = ['demo', 'isik']\n", "Unknown dataset in [[grid]] of {}: 'isik'; did you mean isic?"),
        ("[[grid]]\ndataset = 'demo'\nseed = 'one'\n", "seed in [[grid]] of {} is 'one'; expected a whole number"),
        ("[[grid]]\ndataset = 'demo'\nseed = []\n", "seed in [[grid]] of {} is []; specify a value"),
        ("[settings]\nseed = [1]\n[[grid]]\ndataset = 'demo'\n", "seed in [settings] of {} is [1]; specify a value"),
        ("[[grid]]\nmethod = 'ct'\n", "{}: No data set was specified"),
        ("[[grid]]\ndataset = 'demo'\nmethod = 'ce'\nsampler = 'peers'\n", "{}: The sampler peers needs two peers"),
        ("[settings]\ndataset = 'demo'\n", "{} has no [[grid]]"),
        ("grid = 3\n", "{}: put settings under [settings]"),
        ("grid = [\n", "{} is not valid TOML"),
        (
            "oracle = 'gt:eror=0.1'\n[[grid]]\ndataset = 'demo'\n",
            "{}: Unknown setting of the oracle gt 'eror'; did you",
        ),
        ("oracle = 'journal'\n[[grid]]\ndataset = 'demo'\n", "{}: Unknown oracle 'journal'; use one of gt, matrix."),
    ],
)
def test_an_error_in_a_suite_file_is_reported_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    named = write(tmp_path / "mine.toml", text)
    with pytest.raises(UsageError) as caught:
        find_suite(named)
    assert sentence.format(named) in str(caught.value)


def test_an_unknown_suite_is_reported_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Unknown suite 'isic-papper'; did you mean isic-paper"):
        find_suite("isic-papper")
    with pytest.raises(UsageError, match=r"Suite file .*nowhere.toml not found; .* are demo, isic-paper, nct-paper"):
        find_suite(str(tmp_path / "nowhere.toml"))
    with pytest.raises(UsageError, match="has the name of a suite that comes with alc; rename the file"):
        find_suite(write(tmp_path / "demo.toml", "[[grid]]\ndataset = 'demo'\n"))
    with pytest.raises(UsageError, match=r"my suite.toml is not a valid suite name"):
        find_suite(write(tmp_path / "my suite.toml", "[[grid]]\ndataset = 'demo'\n"))


def test_the_suites_of_the_paper_have_its_parameters() -> None:
    assert suite_names() == ("demo", "isic-paper", "nct-paper")
    # Khanal et al. 2024, §3; clean is the ceiling, ct without rounds is for Table 1.
    for named, mixes in (("isic-paper", {0.4: 0.0, 0.5: 0.2}), ("nct-paper", {0.7: 1.0, 0.8: 1.0})):
        suite = find_suite(named)
        assert suite.published and are_published([run.id for run in suite.runs])
        for run in suite.runs:
            config = run.config
            assert (config.epochs, config.round_epochs, config.batch_size, config.lr) == (50, 25, 256, 0.01)
            assert (config.backbone, config.weights, config.image_size, config.warmup) == (
                "resnet18",
                "imagenet",
                224,
                10,
            )
            assert config.mix_ratio == mixes[present(config.noise)] and config.forget_rate == config.noise
            assert config.rounds == (0 if config.method in ("clean", "ct") else 8)
        for noise in mixes:
            figure = {(run.config.method, run.config.sampler) for run in suite.runs if run.config.noise == noise} - {
                ("clean", "random"),
                ("ct", "random"),
            }
            assert figure == {
                ("ct-vog", "random"), ("ct-vog", "entropy"), ("ct-vog", "coreset"), ("ce", "random"), ("ce", "entropy"),
                ("al", "random"), ("al", "entropy"), ("alc-ct", "joint"),
            }  # fmt: skip
        seeds = {(run.config.method, run.config.sampler, run.config.noise): 0 for run in suite.runs}
        for run in suite.runs:
            seeds[run.config.method, run.config.sampler, run.config.noise] += 1
        assert set(seeds.values()) == {3}
    assert not find_suite("demo").published
    assert not are_published([run.id for run in find_suite("demo").runs])


def test_run_ids_are_those_of_earlier_versions() -> None:
    results = Path(__file__).parents[2] / "benchmarks" / "results" / "demo.cpu.jsonl"
    earlier = {json.loads(line)["id"] for line in results.read_text(encoding="utf-8").splitlines()}
    assert {run.id for run in find_suite("demo").runs} <= earlier


def test_a_setting_that_was_added_late_counts_only_where_it_is_not_the_default(tmp_path: Path) -> None:
    without, explicit, merging = (
        find_suite(write(tmp_path / f"{name}.toml", f"[[grid]]\ndataset = 'demo'\n{line}\n")).runs[0]
        for name, line in (("a", ""), ("b", "merge_alike = false"), ("c", "merge_alike = true"))
    )
    assert without.id == explicit.id != merging.id and without.session == explicit.session != merging.session
    assert "merge_alike" not in without.settings and merging.settings["merge_alike"] is True


def test_a_setting_may_have_its_former_name_in_a_suite(tmp_path: Path) -> None:
    former, present = (
        find_suite(write(tmp_path / f"{name}.toml", f"[[grid]]\ndataset = 'demo'\n{name} = true\n")).runs[0]
        for name in ("vog_normalised", "vog_normalized")
    )
    assert former.config.vog_normalized and former.id == present.id
