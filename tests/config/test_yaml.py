"""YAML as we read it: scalars stay text, lines are known, mistakes are told, nothing blows up."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify import config
from sms_notify.config.yaml import MOST_VALUES, YamlProblem, read
from sms_notify.errors import ConfigError


def test_every_scalar_is_the_text_that_it_looks_like() -> None:
    words = ["10:00", "on", "no", "+8613800000001", "2026-01-05", "0x10", "1e3", "null", "~", "012"]
    text = "a: [" + ", ".join(words) + "]"
    assert read(text).plain() == {"a": words}


def test_a_value_left_out_is_none_but_quoted_emptiness_is_text() -> None:
    assert read('a:\nb: ""\nc: [x, ]\n').plain() == {"a": None, "b": "", "c": ["x"]}


def test_the_line_of_a_path_is_where_its_key_stands_or_what_is_nearest() -> None:
    document = read("a:\n  b:\n    - x\n    - {c: 1,\n       d: 2}\n")
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "b", 0)) == 3
    assert document.line(("a", "b", 1, "d")) == 5
    assert document.line(("a", "b", 1, "missing", "below")) == 4
    assert document.line(("nothing",)) == 1


def test_a_key_written_twice_is_told_with_both_lines() -> None:
    with pytest.raises(ConfigError, match=r"people\.张伟: is written twice, in lines 2 and 4;"):
        config.parse("people:\n  张伟: {phone: 1}\n  李娜: {phone: 2}\n  张伟: {phone: 3}\n")


def test_anchors_and_merge_keys_are_taken_and_what_is_written_wins() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{z: 1}, *a]}\nd: *a\n"
    data = read(text).plain()
    assert isinstance(data, dict)
    assert data["b"] == {"x": "1", "y": "3"}
    assert data["c"] == {"z": "1", "x": "1", "y": "2"}
    assert data["d"] == data["a"]
    assert read(text).line(("b", "x")) == 1


def test_aliases_that_multiply_are_refused_before_they_are_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(YamlProblem, match=f"more than {MOST_VALUES} values") as raised:
        read("\n".join(lines))
    assert raised.value.line == 6


def test_deep_nesting_is_refused_whether_written_or_through_aliases() -> None:
    with pytest.raises(YamlProblem, match="nested deeper"):
        read("a: " + "[" * 200_000)
    with pytest.raises(YamlProblem, match="nested deeper"):
        read("a: " + "{x: " * 60 + "1" + "}" * 60)
    aliases = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    with pytest.raises(YamlProblem, match="nested deeper"):
        read("\n".join(aliases))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\n\tb: 2\n", 2, "a tab"),
        ("a: b: c\n", 1, "a second `: ` in one line"),
        ("a:\n  b: 1\n c: 2\n", 3, "the indentation does not fit"),
        ("a: 1\nb\n", 2, "neither `key: value` nor"),
        ("a: [1, 2\nb: 3\n", 1, "a list in [ ] is not closed"),
        ("a:\n - {b: 1, c: ${D}, e: 2}\n", 2, 'put "${…}" in quotes'),
        ("a: [${D}]\n", 1, 'put "${…}" in quotes'),
        ("a: {b: 1\nc: 3", 1, "a mapping in { } is not closed"),
        ("a: 'b\n\nc: d", 1, "a quotation mark is not closed"),
        ('a: "\\q"\n', 1, "use single quotes"),
        ("a: @b\n", 1, "put it in quotes"),
        ("a: *b\n", 1, "names no anchor above"),
        ("a: &a [*a]\n", 1, "names no anchor above"),
        ("a: !!python/object:os.system x\n", 1, "starts a YAML tag"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: 1\n\nb: \x07\n", 3, "U+0007"),
        ("? [a]\n: b\n", 1, "a key must be a word"),
        ("<<: 3\n", 1, "takes an alias of a mapping"),
    ],
)
def test_a_mistake_in_yaml_is_one_problem_with_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config.parse(text)
    assert len(raised.value.problems) == 1
    assert raised.value.problems[0].startswith(f"config.yaml:{line}: ")
    assert told in raised.value.problems[0]


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "---\n", "{}", "x", "[a, b]", "---\n..."]
)
def test_a_file_that_holds_no_mapping_is_told_where_to_start_from(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config.parse(text)
    assert len(raised.value.problems) == 1
    assert "start from config.example.yaml" in raised.value.problems[0]


def test_a_file_that_is_absent_or_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; name it with -c"):
        config.load(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="is a directory; name the file in it"):
        config.load(tmp_path)


def test_a_file_in_another_encoding_is_told_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"global:\n" + "  signature: 星云运维\n".encode("gbk"))
    with pytest.raises(ConfigError, match=rf"{file}:2: is not UTF-8 here; save the file as UTF-8"):
        config.load(file)


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = config.sample_yaml().replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert config.load(file).route.receiver == "兜底"


def test_a_huge_file_is_told_and_not_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="is larger than 1 MiB"):
        config.load(file)
