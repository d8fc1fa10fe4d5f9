"""Matchers mean what they mean in Alertmanager, regular expressions included."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sms_notify.config import Matcher, parse_matchers
from sms_notify.config.regex import translate


def parts(text: str) -> list[tuple[str, str, str]]:
    return [(m.name, m.op, m.value) for m in parse_matchers(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('team="dba"', [("team", "=", "dba")]),
        ("team=dba", [("team", "=", "dba")]),
        (' team != "dba" ', [("team", "!=", "dba")]),
        ('a=~"x|y"', [("a", "=~", "x|y")]),
        ("a!~x.*", [("a", "!~", "x.*")]),
        ("a=", [("a", "=", "")]),
        ('a=""', [("a", "=", "")]),
        ("a==b", [("a", "=", "=b")]),
        ("a='b'", [("a", "=", "'b'")]),
        ("a=b c", [("a", "=", "b c")]),
        ('{foo = "bar", dings != "bums", }', [("foo", "=", "bar"), ("dings", "!=", "bums")]),
        ("foo=bar,dings!=bums", [("foo", "=", "bar"), ("dings", "!=", "bums")]),
        ('{a="b"', [("a", "=", "b")]),
        ('a="x,y",b=c', [("a", "=", "x,y"), ("b", "=", "c")]),
        (r'quote="She said: \"Hi, ladies!\""', [("quote", "=", 'She said: "Hi, ladies!"')]),
        (r'a="x\ny\\z"', [("a", "=", "x\ny\\z")]),
        (r'a="\d+"', [("a", "=", r"\d+")]),
        (r"a=\,b=c", [("a", "=", "\\"), ("b", "=", "c")]),
        (r'qux="\xf0\x9f\x99\x82"', [("qux", "=", r"\xf0\x9f\x99\x82")]),
    ],
)
def test_the_classic_grammar_keeps_its_meaning(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('集群="华东"', [("集群", "=", "华东")]),
        ("集群=华东", [("集群", "=", "华东")]),
        ('"a b"="c"', [("a b", "=", "c")]),
        ('{"a.b"=~"x|y", c=d,}', [("a.b", "=~", "x|y"), ("c", "=", "d")]),
        (r'"qux"="\xf0\x9f\x99\x82"', [("qux", "=", "🙂")]),
        (r'"a"="\u4e2d\t\"\U0001F642\101"', [("a", "=", '中\t"🙂A')]),
    ],
)
def test_other_label_names_are_read_by_the_utf8_grammar(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "foo", '"a', 'a="b', 'a=b"c', "a=b,,c=d", ",a=b", '"a b"="\\q"', '"a b"="\\xff"',
        '"a b"=', "{集群=a", "集群=a}", '"a b"="c" "d"="e"', '""="a"', "a~b", "9a=b,",
    ],
)  # fmt: skip
def test_what_alertmanager_refuses_or_what_matches_everything_is_refused(text: str) -> None:
    if text == "9a=b,":  # no classic name, but UTF-8
        assert parts(text) == [("9a", "=", "b")]
        return
    with pytest.raises(ValueError, match="is not a matcher; write label="):
        parse_matchers(text)


def test_a_matcher_has_an_operator() -> None:
    with pytest.raises(ValueError, match="is not an operator"):
        Matcher("a", "~", "b")


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("a=b", {"a": "b"}, True),
        ("a=b", {}, False),
        ("a=", {}, True),
        ("a!=b", {}, True),
        ("a!=", {}, False),
        ("a=~.*", {}, True),
        ("a=~.+", {}, False),
        ("a!~.+", {}, True),
        ("a=~b", {"a": "abc"}, False),
        ("a=~b|c", {"a": "bx"}, False),
        ("a!~b", {"a": "abc"}, True),
        ('a=~"b"', {"a": "b\n"}, False),
    ],
)
def test_a_missing_label_is_empty_and_expressions_are_anchored(
    text: str, labels: dict[str, str], matches: bool
) -> None:
    [matcher] = parse_matchers(text)
    assert matcher.matches(labels) is matches


@given(st.text(min_size=1), st.sampled_from(["=", "!="]), st.text())
@example("a b", "=", 'q"\\\n')
def test_a_printed_matcher_reads_back_as_itself(name: str, op: str, value: str) -> None:
    matcher = Matcher(name, op, value)
    plain = all(char.isprintable() or char == "\n" for char in name + value)
    if plain and "\n" not in name:
        assert parse_matchers(str(matcher)) == (matcher,)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("网络.*", ["网络组", "网络"], ["网", "网络\n"]),
        ("foo$", ["foo"], ["foo\n"]),
        ("^foo|bar$", ["foo", "bar"], ["foobar"]),
        (r"db-\d+", ["db-12"], ["db-１２"]),
        (r"\w+", ["a_9"], ["中", "é"]),
        (r"[^\W_]+", ["a9"], ["_", "中"]),
        (r"\s", [" ", "\n"], ["\v", "\u00a0"]),
        (r"\bfoo\b.*", ["foo bar"], ["foobar"]),
        (r".\B.", ["ab", "--"], ["a-"]),
        ("(?i)Abc", ["aBC"], ["abd"]),
        ("a(?i)b|c", ["aB", "C"], ["AB"]),
        ("(a(?i)b)c", ["aBc"], ["aBC"]),
        ("(?i:a)b", ["Ab"], ["AB"]),
        ("(?i)[a-c]x(?-i)y", ["BXy"], ["BXY"]),
        ("(?s).", ["\n", "a"], [""]),
        (".", ["a"], ["\n"]),
        ("(?m)a$(?s:.*)^b", ["a\nb"], ["ab"]),
        ("[[:alpha:][:digit:]]+", ["a1"], ["é"]),
        ("[[:^digit:]]", ["a", "中"], ["1"]),
        ("[]a]", ["]", "a"], ["[]a]"]),
        ("[^]a]", ["b"], ["]"]),
        ("[a-]", ["a", "-"], ["b"]),
        (r"[\d-z]", ["5", "-", "z"], ["a"]),
        ("[a&&b]", ["&", "a", "b"], ["c"]),
        ("[[a]", ["[", "a"], ["]"]),
        ("a{,2}", ["a{,2}"], ["aa", ""]),
        ("a{2}", ["aa"], ["a"]),
        ("a{2,}b{0,1}", ["aaa", "aab"], ["ab"]),
        ("{a}", ["{a}"], ["a"]),
        (r"\Qa.b\E+", ["a.bb"], ["axb"]),
        (r"\Qa|b", ["a|b"], ["a"]),
        (r"\x41\x{4e2d}\101\07", ["A中A\a"], ["A"]),
        (r"\p{Han}+", ["网络"], ["ab"]),
        (r"\P{Han}", ["a"], ["网"]),
        (r"\Aa\z", ["a"], ["aa"]),
        ("(?P<x>ab)+(?<y>c)", ["ababc"], ["ab"]),
        ("(foo|bar)+", ["foobar"], ["foob"]),
        ("a*?b+?c??", ["aabb", "bc"], ["a"]),
        ("a||b", ["", "a", "b"], ["ab"]),
        (r"a\.b\-c\_\!", ["a.b-c_!"], ["axb-c_!"]),
        ("", [""], ["a"]),
    ],
)
def test_an_expression_means_what_it_means_to_re2(
    pattern: str, yes: list[str], no: list[str]
) -> None:
    compiled = re.compile(translate(pattern))
    assert [text for text in yes if not compiled.fullmatch(text)] == []
    assert [text for text in no if compiled.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a**", "repeats a repeat"),
        ("a*+", "repeats a repeat"),
        ("a{2}{3}", "repeats a repeat"),
        ("*a", "repeats nothing"),
        ("a|*", "repeats nothing"),
        ("({2})", "repeats nothing"),
        ("^*", "no width"),
        ("a{2,1}", "is not allowed"),
        ("a{1001}", "is not allowed"),
        ("(a", "a ( without its )"),
        ("a)", "a ) without its ("),
        ("[a", "a [ without its ]"),
        ("[z-a]", "the wrong way round"),
        ("[[:foo:]]", "unknown class"),
        ("(?=a)", "that RE2 does not know"),
        ("(?<!a)b", "that RE2 does not know"),
        ("(?>a)", "that RE2 does not know"),
        ("(?P=x)", "that RE2 does not know"),
        ("(?U)a", "that is not taken"),
        (r"(a)\1", "an escape"),
        (r"a\Z", "an escape"),
        (r"\u4e2d", "an escape"),
        (r"\中", "an escape"),
        ("\\", "an escape"),
        (r"[\b]", "an escape"),
        (r"\pL", r"a Unicode class"),
        (r"\x{110000}", "beyond U+10FFFF"),
        ("(a+)+", "which can take for ever"),
        ("(a|ab)*", "which can take for ever"),
        (r"(.|\s)*", "which can take for ever"),
        ("((a?b?)*c)", "which can take for ever"),
        ("(x(a*)y){10}", "which can take for ever"),
        ("(" * 200 + ")" * 200, "nests deeper"),
    ],
)
def test_an_expression_that_only_one_side_knows_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        translate(pattern)


@given(st.text(alphabet="ab|()[]*+?{}.^$\\dwQE1,2-:i中", max_size=14))
def test_every_expression_is_refused_or_compiles_without_a_warning(pattern: str) -> None:
    try:
        source = translate(pattern)
    except ValueError:
        return
    re.compile(source)


@settings(deadline=None)
@given(st.text(alphabet="ab|()*+?", max_size=10))
def test_no_accepted_expression_takes_long_on_an_unlucky_label(pattern: str) -> None:
    try:
        compiled = re.compile(translate(pattern))
    except ValueError:
        return
    started = time.perf_counter()
    compiled.fullmatch("a" * 40 + "c")
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("pattern", "label"),
    [
        (".*foo.*bar.*baz.*", "foobar"),
        (".*a.*b.*c.*d.*", "abc"),
        ("(?s).+a.+b.+c.+d.+", "abc\n"),
        ("(?i)web.*A.*b.*C.*d.*", "ABC"),
        ("x|.*a.*b.*c.*d.*", "abc"),
        (".*(a|b).*(c|d).*(e|f).*", "abcd"),
        (".*(foo|bar)-?.*(baz|qu).*(x|y).*", "foobarbaz"),
    ],
)
def test_words_with_anything_between_are_looked_for_once(pattern: str, label: str) -> None:
    """As long as a label may be; a stranger writes it, and a webhook waits for each of them."""
    compiled = re.compile(translate(pattern))
    started = time.perf_counter()
    assert compiled.fullmatch(("web" + label * 2_000)[:4096]) is None
    assert time.perf_counter() - started < 0.1


CHOICES = ("(a|b)", "(ab|ba)", "(a|ab)", "(abc|b)", "(aba|bb)", "((a|b)c|ca)", "(?i:A|b)", "(a|)")


@settings(max_examples=1000)
@given(
    st.lists(
        st.sampled_from([".*", ".*?", ".+", ".", "a", "b", "ab", "a*", "(a|.*b)", "\n", *CHOICES])
    )
    .map("".join)
    .filter(lambda pattern: "**" not in pattern),
    st.text(alphabet="abc\n", max_size=12),
)
@example(".*a.*ab", "aab")
@example(".+a.+", "aab")
@example(".*(ab|b).*b", "abb")
@example(".*(abc|b).*c", "abc")
def test_looked_for_once_it_is_found_where_it_ever_was(pattern: str, text: str) -> None:
    """Python's own reading of these patterns is RE2's."""
    found = re.compile(translate(pattern)).fullmatch(text) is not None
    assert found == (re.fullmatch(pattern, text) is not None)
