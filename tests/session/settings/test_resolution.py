from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest
from platformdirs import user_config_path

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.files import user_file
from alc_tui.session.settings.resolution import resolve


def toml(folder: Path, text: str) -> Path:
    (folder / "alc.toml").write_text(text)
    return folder


def test_option_beats_variable_beats_folder_beats_user_beats_preset_beats_default(tmp_path: Path) -> None:
    toml(tmp_path, "[session]\nmix_ratio = 0.3\nepochs = 7\nrounds = 6\nlr = 0.5\n")
    user = tmp_path / "user.toml"
    user.write_text("[session]\nmix_ratio = 0.4\n")
    layers: list[tuple[dict[str, float | None], dict[str, str], Path, float, str]] = [
        ({"mix_ratio": 0.1}, {"ALC_MIX_RATIO": "0.2"}, tmp_path, 0.1, "option"),
        ({"mix_ratio": None}, {"ALC_MIX_RATIO": "0.2"}, tmp_path, 0.2, "environment"),
        ({}, {"ALC_MIX_RATIO": ""}, tmp_path, 0.3, "alc.toml"),
        ({}, {"ALC_CONFIG": str(user)}, tmp_path, 0.3, "alc.toml"),
        ({}, {"ALC_CONFIG": str(user)}, tmp_path / "elsewhere", 0.4, "user alc.toml"),
        ({}, {}, tmp_path / "elsewhere", 1.0, "preset"),
    ]
    for options, environment, folder, value, origin in layers:
        config, origins = resolve({"dataset": "nct", **options}, environment, folder)
        assert config.mix_ratio == value
        assert origins["mix_ratio"] == origin
    config, origins = resolve({"dataset": "folder:x"}, {}, tmp_path / "elsewhere")
    assert config.mix_ratio == 0.2 and origins["mix_ratio"] == "default"


def test_each_setting_has_its_own_origin(tmp_path: Path) -> None:
    toml(tmp_path, "[session]\nepochs = 7\n")
    config, origins = resolve({"dataset": "isic", "lr": 0.5}, {"ALC_ROUNDS": "3", "ALC_SEED": "9"}, tmp_path)
    assert (config.lr, config.rounds, config.seed, config.epochs) == (0.5, 3, 9, 7)
    told = {name: origin for name, origin in origins.items() if origin != "default"}
    assert told == {
        "dataset": "option",
        "lr": "option",
        "rounds": "environment",
        "seed": "environment",
        "epochs": "alc.toml",
        "mix_ratio": "preset",
    }
    assert list(origins) == list(SETTINGS)


def test_the_file_may_name_the_data_set_and_decides_with_it_the_preset(tmp_path: Path) -> None:
    config, origins = resolve({}, {}, toml(tmp_path, '[session]\ndataset = "nct-lt"\n'))
    assert (config.dataset, config.mix_ratio) == ("nct-lt", 1.0)
    assert origins["dataset"] == "alc.toml"


def test_without_a_data_set_there_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="was specified; add --dataset"):
        resolve({}, {"ALC_DATASET": "demo"}, tmp_path)


def test_the_forget_rate_is_the_noise_rate_unless_given(tmp_path: Path) -> None:
    config, origins = resolve({"dataset": "demo", "noise": 0.3}, {}, tmp_path)
    assert config.forget_rate == 0.3 and origins["forget_rate"] == "noise"
    config, origins = resolve({"dataset": "demo", "noise": 0.3, "forget_rate": "auto"}, {}, tmp_path)
    assert config.forget_rate == "auto" and origins["forget_rate"] == "option"
    config, origins = resolve({"dataset": "demo"}, {}, tmp_path)
    assert config.forget_rate == "auto" and origins["forget_rate"] == "default"


def test_the_noise_of_any_layer_counts_for_forget_rate_and_preset(tmp_path: Path) -> None:
    config, _ = resolve({"dataset": "isic"}, {"ALC_NOISE": "0.4"}, tmp_path)
    assert (config.forget_rate, config.mix_ratio) == (0.4, 0.0)


def test_flags_and_words_of_the_file_are_taken_as_they_are(tmp_path: Path) -> None:
    toml(tmp_path, '[session]\nskip_bad = true\nforget_rate = "auto"\ndevice = "cpu"\nnoise = 0\n[keys]\na = "b"\n')
    config, _ = resolve({"dataset": "demo"}, {}, tmp_path)
    assert config.skip_bad is True and config.forget_rate == "auto" and config.device == "cpu" and config.noise == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[session", "alc.toml is not valid TOML"),
        ("[session]\nepoch = 3\n", "alc.toml: unknown setting 'epoch' in [session]"),
        ("[session]\nepochs = 2.5\n", "alc.toml is '2.5'; expected a whole number"),
        ("[session]\nrounds = true\n", "alc.toml is 'true'; expected a whole number"),
        ('[session]\nnoise = "half"\n', "alc.toml is 'half'; expected a number"),
        ("[session]\nskip_bad = 3\n", "alc.toml is '3'; expected yes or no"),
        ("[session]\nnoise = 1.5\n", "1.5 for noise is outside [0, 1)"),
        ("[session]\nnoise = nan\n", "nan for noise is outside [0, 1)"),
        ('[session]\nsampler = ["entropy"]\n', "Unknown sampler"),
        ("x = " + "[" * 5000, "alc.toml is not valid TOML (nested too deeply)"),
        ("[session]\nseed = " + "9" * 5000, "alc.toml is not valid TOML"),
        ("session = 3\n", "alc.toml: session is a value, not a table"),
        ("[[session]]\nepochs = 3\n", "alc.toml: session is a value, not a table"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve({"dataset": "demo"}, {}, toml(tmp_path, text))
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder" / "alc.toml").mkdir(parents=True)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "alc.toml")
    for name in ("folder", "pipe"):
        with pytest.raises(UsageError, match=r"alc\.toml cannot be read \(Not a regular file\)"):
            resolve({"dataset": "demo"}, {}, tmp_path / name)


def test_a_byte_order_mark_is_not_part_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "alc.toml").write_bytes(b"\xef\xbb\xbf[session]\nepochs = 3\n")
    assert resolve({"dataset": "demo"}, {}, tmp_path)[0].epochs == 3


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "alc.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not valid TOML"):
        resolve({"dataset": "demo"}, {}, tmp_path)


def test_a_mistake_in_a_variable_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^ALC_EPOCHS is 'many'; expected a whole number"):
        resolve({"dataset": "demo"}, {"ALC_EPOCHS": "many"}, tmp_path)
    with pytest.raises(UsageError, match=r"^ALC_SKIP_BAD is 'perhaps'; expected yes or no"):
        resolve({"dataset": "demo"}, {"ALC_SKIP_BAD": "perhaps"}, tmp_path)


def test_variables_of_the_program_itself_are_no_settings(tmp_path: Path) -> None:
    plain, _ = resolve({"dataset": "demo"}, {}, tmp_path)
    environment = {"ALC_DATA": "/data", "ALC_SESSIONS": "x", "ALC_CACHE": "y", "ALC_DEBUG": "1"}
    assert resolve({"dataset": "demo"}, environment, tmp_path)[0] == plain


def test_the_ceiling_has_no_rounds_unless_somebody_asks_for_some(tmp_path: Path) -> None:
    config, origins = resolve({"dataset": "demo", "method": "clean"}, {}, tmp_path)
    assert (config.rounds, origins["rounds"]) == (0, "method")
    with pytest.raises(UsageError, match="specify --rounds 0"):
        resolve({"dataset": "demo", "method": "clean"}, {"ALC_ROUNDS": "2"}, tmp_path)


def test_each_setting_may_come_from_another_file(tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text("[session]\nepochs = 5\nlr = 0.5\n")
    config, origins = resolve({"dataset": "isic"}, {"ALC_CONFIG": str(user)}, toml(tmp_path, "[session]\nepochs = 7\n"))
    assert (config.epochs, origins["epochs"], config.lr, origins["lr"]) == (7, "alc.toml", 0.5, "user alc.toml")


def test_a_mistake_in_the_users_file_names_it(tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text("[session]\nepochs = 'many'\n")
    with pytest.raises(UsageError, match=rf"^epochs in {user} is 'many'; expected a whole number"):
        resolve({"dataset": "demo"}, {"ALC_CONFIG": str(user)}, tmp_path)


def test_without_a_folder_no_file_is_read(tmp_path: Path) -> None:
    user = tmp_path / "user.toml"
    user.write_text("[session]\nepochs = 5\n")
    assert resolve({"dataset": "isic"}, {"ALC_CONFIG": str(user)}, None)[0].epochs == 50


def test_the_users_file_lies_in_the_configuration_folder_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_file({}) == user_config_path("alc") / "alc.toml"
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.toml").write_text("")
    assert user_file({"ALC_CONFIG": "~/mine.toml"}) == tmp_path / "mine.toml"


def test_a_users_file_that_is_named_and_does_not_exist_is_an_error(tmp_path: Path) -> None:
    for missing in (tmp_path / "nothing.toml", tmp_path):
        with pytest.raises(UsageError, match=f"^ALC_CONFIG names {missing}, which is not a file; correct it, or run"):
            resolve({"dataset": "demo"}, {"ALC_CONFIG": str(missing)}, tmp_path)
    assert resolve({"dataset": "demo"}, {"ALC_CONFIG": "/dev/null"}, tmp_path)[0].dataset == "demo"


def test_a_user_without_a_home_folder_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, "user_config_path", fail)
    assert user_file({}) is None
    assert resolve({"dataset": "demo"}, {}, toml(tmp_path, "[session]\nepochs = 7\n"))[0].epochs == 7


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert resolve({"dataset": "demo"}, {}, toml(tmp_path, "\ufeff[session]\nepochs = 7\n"))[0].epochs == 7


@pytest.mark.parametrize("text", ["vog_normalised = true", "vog_normalised = false\nvog_normalized = true"])
def test_a_setting_is_found_under_its_former_name_too(tmp_path: Path, text: str) -> None:
    config, origins = resolve({"dataset": "demo"}, {}, toml(tmp_path, f"[session]\n{text}\n"))
    assert config.vog_normalized is True and origins["vog_normalized"] == "alc.toml"


def test_a_variable_of_the_former_name_counts_unless_the_present_one_is_set(tmp_path: Path) -> None:
    former = {"ALC_VOG_NORMALISED": "1"}
    assert resolve({"dataset": "demo"}, former, tmp_path)[0].vog_normalized is True
    assert resolve({"dataset": "demo"}, former | {"ALC_VOG_NORMALIZED": "0"}, tmp_path)[0].vog_normalized is False


@pytest.mark.parametrize("kind", ["none", "matrix:flips.csv"])
def test_a_kind_of_noise_without_a_rate_overrides_the_rate_of_a_file(tmp_path: Path, kind: str) -> None:
    toml(tmp_path, "[session]\nnoise = 0.3\n")
    config, origins = resolve({"dataset": "demo", "noise_kind": kind}, {}, tmp_path)
    assert config.noise is None and (config.forget_rate, origins["forget_rate"]) == ("auto", "default")


def test_a_kind_and_a_rate_from_one_source_contradict_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="omit --noise"):
        resolve({"dataset": "demo", "noise_kind": "none", "noise": 0.3}, {}, tmp_path)


def test_the_departures_of_a_file_can_be_turned_off(tmp_path: Path) -> None:
    toml(tmp_path, '[session]\ndepartures = "rotation"\n')
    config, origins = resolve({"dataset": "demo", "departures": "none"}, {}, tmp_path)
    assert config.active_departures == () and origins["departures"] == "option"
