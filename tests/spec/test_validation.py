from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import SMALLEST, WINDOWS, WINRM, errors, loaded, refused
from toolkit.errors import ExitCode, SpecError, UsageError

# Thirty mistakes in one spec, each with the line it stands on and words of its message.
MISTAKES = [
    ("[windows]", None),
    ("release = 'server-2022'", None),
    ("edition = 'standart'", '"standart" is not known'),
    ("installation = 'nano'", 'must be one of "desktop", "core"'),
    ("architecture = 'x64'", 'must be one of "amd64", "x86", "arm64"'),
    ("image_index = 0", "greater than or equal to 1"),
    ("evaluation = 'yes'", "must be true or false"),
    ("[computer]", None),
    ("name = 'much-too-long-for-netbios'", "bytes long"),
    ("time_zone = 'Europe/Berlim'", "is not a time zone"),
    ("owner = 5", "must be text in quotes"),
    ("[locale]", None),
    ("ui_language = 'de'", "is not known to Windows"),
    ("system_locale = 'xx-XX'", "is not known to Windows"),
    ("user_locale = 'yy-YY'", "is not known to Windows"),
    ("keyboards = ['de-DE', 'Dvorrak']", 'keyboard "Dvorrak"'),
    ("[disk]", None),
    ("firmware = 'efi'", 'must be one of "bios", "uefi"'),
    ("layout = 'lvm'", "must be one of"),
    ("target = -1", "greater than or equal to 0"),
    ("[communicator]", None),
    ("communicator = 'winrm'", None),
    ("winrm_username = 'a/b'", "which no account name may"),
    ("winrm_password = { env = 'NOT_SET' }", "NOT_SET is not set"),
    ("winrm_prt = 5985", "is not a setting"),
    ("winrm_port = '5985'", "must be a whole number without quotes"),
    ("winrm_timeout = '30 minutes'", "is not a duration"),
    ("ssh_host = 'x'", "does nothing while"),
    ("[bootstrap]", None),
    ("style = 'open'", 'must be one of "closed", "plain"'),
    ("consumer = 'terraform'", "must be one of"),
    ("find = 'cd'", "must be one of"),
    ("quotas.max_memory_per_shell_mb = 512", "greater than or equal to 1024"),
    ("[media]", None),
    ("label = 'MUCH TOO LONG A LABEL'", "at most 16 characters"),
    ("[autologon]", None),
    ("count = 0", "from 1 to 999"),
    ("[[accounts]]", None),
    ("name = 'guest'", "is reserved by Windows"),
    ("password = ''", "is empty"),
    ("groups = 'Users'", "must be an array"),
    ("[[commands]]", None),
    ("run = ''", "at least 1 character"),
    ("phase = 'boot'", "must be one of"),
]


def test_an_array_of_tables_with_one_bracket_is_told_of_the_second() -> None:
    [problem] = refused(SMALLEST + "[scripts]\nfile = 'a.cmd'\n")
    assert problem.message == "scripts is a table; it must be an array [ ... ]"
    assert problem.help == "Each of its tables begins with [[scripts]]."
    [problem] = refused(SMALLEST + "[media.files]\nsource = 'a.cmd'\n")
    assert problem.help == "Each of its tables begins with [[media.files]]."
    [problem] = refused(SMALLEST + "[tweaks.remove_apps]\na = 1\n")
    assert problem.help is None


def test_thirty_mistakes_are_thirty_errors_each_at_its_place() -> None:
    expected = {number: words for number, (_, words) in enumerate(MISTAKES, start=1) if words}
    problems = refused("\n".join(line for line, _ in MISTAKES))
    assert [problem.place.line for problem in problems] == list(expected)
    assert len(expected) >= 30
    for problem in problems:
        assert expected[problem.place.line] in problem.message


def test_the_summary_counts_errors_and_only_errors() -> None:
    with pytest.raises(SpecError, match=r"^<stdin> has 1 error$") as refusal:
        loaded(SMALLEST + "winrm_insecure = true\nwinrm_prt = 1\n")
    assert len(refusal.value.problems) == 2
    assert refusal.value.code is ExitCode.USAGE
    with pytest.raises(SpecError, match=r"^<stdin> has 2 errors$"):
        loaded(SMALLEST + "winrm_prt = 1\nx = 2\n")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("winrm_prt = 1", "communicator.winrm_prt is not a setting", 'did you mean "winrm_port"?'),
        ("WinRM_Port = 1", "communicator.WinRM_Port is not a setting", 'did you mean "winrm_port"?'),
        ("[disc]", "disc is not a setting", 'did you mean "disk"?'),
        ("[extend]", "extend is not a setting", 'did you mean "extends"?'),
        (
            "[disk]\nzzz = 1",
            "disk.zzz is not a setting",
            "Known here: firmware, layout, recovery, target, partitions, data, guard.",
        ),
        (
            "[bootstrap.quotas]\nmax_shells = 1",
            "bootstrap.quotas.max_shells is not a setting",
            'did you mean "max_shells_per_user"?',
        ),
        (
            "[[accounts]]\nnmae = 1\nname = 'a'\npassword = 'b'",
            "accounts[0].nmae is not a setting",
            'did you mean "name"?',
        ),
        (
            "[media]\nfiles = [{source = '/etc/hostname', traget = 'x'}]",
            "media.files[0].traget is not a setting",
            'did you mean "target"?',
        ),
        (
            "[disk]\nfirmware = 'uefy'",
            'disk.firmware is "uefy"; it must be one of "bios", "uefi", "auto"',
            'did you mean "uefi"?',
        ),
        ("[disk]\nfirmware = 1", 'disk.firmware is 1; it must be one of "bios", "uefi", "auto"', None),
        ("[computer]\nname = 2022", "computer.name is 2022; it must be text in quotes", 'Write it in quotes: "2022".'),
        ("[computer]\nname = 1.5", "computer.name is 1.5; it must be text in quotes", 'Write it in quotes: "1.5".'),
        ("[computer]\nname = true", "computer.name is true; it must be text in quotes", None),
        ("[computer]\nname = 2022-01-01", "computer.name is a date; it must be text in quotes", None),
        ("[computer]\nname = ['x']", "computer.name is an array; it must be text in quotes", None),
        ("[computer]\nname = {a = 1}", "computer.name is a table; it must be text in quotes", None),
        ("[disk]\ntarget = '0'", 'disk.target is "0"; it must be a whole number without quotes', None),
        ("[disk]\ntarget = 0.0", "disk.target is 0.0; it must be a whole number without quotes", None),
        ("[disk]\ntarget = true", "disk.target is true; it must be a whole number without quotes", None),
        ("winrm_use_ssl = 1", "communicator.winrm_use_ssl is 1; it must be true or false, without quotes", None),
        (
            "winrm_use_ssl = 'true'",
            'communicator.winrm_use_ssl is "true"; it must be true or false, without quotes',
            None,
        ),
        ("[locale]\nkeyboards = 'de-DE'", 'locale.keyboards is "de-DE"; it must be an array [ ... ]', None),
        (
            "[locale]\nkeyboards = [1]",
            "locale.keyboards[0] is 1; it must be text in quotes",
            'Write it in quotes: "1".',
        ),
        ("[[disk]]", "disk is an array; it must be a table", None),
        (
            "[accounts]\nname = 'x'",
            "accounts is a table; it must be an array [ ... ]",
            "Each of its tables begins with [[accounts]].",
        ),
        ("[bootstrap]\nquotas = 1", "bootstrap.quotas is 1; it must be a table", None),
        ("[bootstrap]\nquotas = 'x'", "bootstrap.quotas is text; it must be a table", None),
        ("[[accounts]]\npassword = 'x'", "accounts[0].name must be given", None),
        ("[[commands]]\n", "commands[0].run must be given", None),
    ],
)
def test_a_mistake_is_said_in_the_users_words(text: str, message: str, hint: str | None) -> None:
    [problem] = refused(SMALLEST + text + "\n")
    assert (problem.message, problem.help) == (message, hint)
    assert problem.place.line >= 7


def test_the_form_is_that_of_the_design() -> None:
    [problem] = refused(SMALLEST + "winrm_prt = 5985\n")
    assert problem.concise() == (
        '<stdin>:7:1: error: communicator.winrm_prt is not a setting (did you mean "winrm_port"?)'
    )


def test_without_windows_the_way_to_begin_is_shown() -> None:
    [problem] = refused(WINRM)
    assert (problem.message, problem.help) == (
        "windows must be given",
        'Begin with [windows] and release = "server-2022".',
    )


def test_a_mistake_in_one_section_does_not_hide_those_of_others() -> None:
    text = '[windows]\nrelease = "server-2023"\n[disk]\ntarget = "x"\n' + WINRM + '[computer]\nname = "a b"\n'
    assert [line.split(" ")[0] for line in errors(text)] == ["2:1", "4:1", "10:1"]


@pytest.mark.parametrize(
    "section",
    ["disk", "communicator", "computer", "locale", "bootstrap", "media", "administrator", "autologon", "windows"],
)
def test_a_section_of_the_wrong_kind_is_one_error(section: str) -> None:
    text = "".join(part for part in (WINDOWS, WINRM) if f"[{section}]" not in part)
    [problem] = refused(f"{section} = 1\n" + text)
    assert problem.message == f"{section} is 1; it must be a table"


@pytest.mark.parametrize(
    "character", ["\\u0000", "\\u0007", "\\n", "\\t", "\\u001b", "\\u007f", "\\u0085", "\\uffff", "\\ufffe"]
)
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[computer]\nname = "a?b"', "computer.name"),
        ('[computer]\nowner = "a?b"', "computer.owner"),
        ('[[accounts]]\nname = "a?b"\npassword = "x"', "accounts[0].name"),
        ('[[accounts]]\nname = "a"\npassword = "x?x"', "accounts[0].password"),
        ('[[accounts]]\nname = "a"\npassword = "x"\ngroups = ["Users", "a?b"]', "accounts[0].groups[1]"),
        ('[[accounts]]\nname = "a"\npassword = { file = "x?x" }', "accounts[0].password"),
        ('[[commands]]\nrun = "a?b"', "commands[0].run"),
        ('[media]\nfiles = [{ source = "a?b" }]', "media.files[0].source"),
        ('[disk]\nfirmware = "uefi?"', "disk.firmware"),
        ('[locale]\nkeyboards = ["de-DE?"]', "locale.keyboards[0]"),
        ('[autologon]\nusername = "a?b"', "autologon.username"),
        ('[bootstrap]\nallow_from = ["10.0.0.1?"]', "bootstrap.allow_from[0]"),
    ],
)
def test_control_characters_are_refused_with_the_key_and_once(text: str, key: str, character: str) -> None:
    [problem] = refused(SMALLEST + text.replace("?", character) + "\n")
    assert problem.message == f"{key} holds a line end or another control character"
    assert problem.place.line >= 8


@pytest.mark.parametrize("key", ["computer.owner", "computer.name", "windows.image_name", "autologon.username"])
def test_halves_of_surrogate_pairs_are_refused_with_the_key(key: str) -> None:
    [problem] = refused(SMALLEST, [f"{key}=a\udcffb"])
    assert problem.message == f"{key} holds a line end or another control character"
    assert str(problem.place) == f"--set {key}"


_VALUES = st.recursive(
    st.sampled_from(
        ["", "x", "server-2022", "winrm", "Administrator", "30m", "a\udc80", "\x00", 0, 1, -1, 10**30, 1.5, True]
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["env", "file", "name", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
_KEYS = st.sampled_from(
    [
        "windows",
        "windows.release",
        "windows.edition",
        "windows.image_index",
        "windows.product_key",
        "computer.name",
        "computer.time_zone",
        "computer.owner",
        "locale.keyboards",
        "locale.ui_language",
        "disk.firmware",
        "disk.target",
        "accounts",
        "accounts.0",
        "accounts.0.name",
        "accounts.0.groups",
        "accounts.0.password",
        "administrator",
        "administrator.password",
        "autologon",
        "autologon.count",
        "autologon.username",
        "communicator",
        "communicator.communicator",
        "communicator.winrm_username",
        "communicator.winrm_port",
        "communicator.winrm_timeout",
        "communicator.winrm_password",
        "bootstrap.allow_from",
        "bootstrap.quotas",
        "bootstrap.style",
        "bootstrap.quotas.max_timeout_ms",
        "commands",
        "commands.0.run",
        "commands.0.phase",
        "media",
        "media.label",
        "media.files",
        "x",
    ]
)


def _toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\x00", "\\u0000") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    return str(value).lower()


FULL = SMALLEST + (
    '[[accounts]]\nname = "ann"\npassword = "x"\n[administrator]\npassword = "y"\n[autologon]\ncount = 2\n'
    '[[commands]]\nrun = "x"\n[bootstrap.quotas]\n'
)


@given(st.lists(st.tuples(_KEYS, _VALUES), min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
def test_no_value_whatever_is_a_crash(pairs: list[tuple[str, object]]) -> None:
    try:
        assert loaded(FULL, [f"{key}={_toml(value)}" for key, value in pairs]).guest.source == "<stdin>"
    except SpecError as err:
        problems = err.problems  # whether there are any is up to the value
        assert problems
        assert all(problem.message for problem in problems)
    except UsageError as err:
        usage = err
        assert "is none of their numbers" in usage.message
