"""Known shapes of secrets, replaced before text goes into a prompt, a log or the Journal.

Every pattern takes time in proportion to the text: a run of characters is never tried again from its middle,
and what may stand between two parts is bounded.
"""

import math
import re
from collections import Counter
from collections.abc import Callable

# Nothing that a name or a number could go on with stands before a secret. A quote's or an equals sign does.
_START = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"


def _shape(kind: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return kind, re.compile(_START + pattern + _END)


# The whole of the match is the secret.
_SHAPES = (
    _shape("AWS key id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    _shape("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}+"),
    _shape("GitHub token", r"github_pat_[A-Za-z0-9_]{22,255}+"),
    _shape("GitLab token", r"gl(?:pat|dt|ptt|rt|ft|soat|oas|agent|cbt|imt|ffct)-[A-Za-z0-9_.-]{20,255}+"),
    _shape("Slack token", r"xox[abceoprs](?:\.xox[abp])?-[A-Za-z0-9-]{10,500}+"),
    _shape("Slack token", r"xapp-\d-[A-Za-z0-9-]{20,500}+"),
    _shape("Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    _shape("Google token", r"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,1000}+"),
    _shape("Stripe key", r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,255}+"),
    _shape("npm token", r"npm_[A-Za-z0-9]{36}"),
    _shape("PyPI token", r"pypi-AgE[A-Za-z0-9_-]{40,1000}+"),
    _shape("Hugging Face token", r"hf_[A-Za-z0-9]{34,60}+"),
    _shape("SendGrid key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}+"),
    _shape("Twilio key", r"(?:SK|AC)[0-9a-f]{32}"),
    _shape("DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}"),
    _shape("Telegram token", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    _shape("Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _shape("Databricks token", r"dapi[a-f0-9]{32}"),
    _shape("Mailgun key", r"key-[0-9a-z]{32}"),
    _shape("Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{24,500}+"),
    _shape("Linear key", r"lin_api_[A-Za-z0-9]{40}"),
    _shape("age key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
)

_MODEL_KEY = re.compile(_START + r"(?:sk|xai|gsk|nvapi|pplx|r8)[-_][A-Za-z0-9_-]{20,255}+")
_MODEL_KINDS = (("sk-ant-", "Anthropic key"), ("sk-", "OpenAI key"), ("xai-", "xAI key"))

_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}+\.eyJ[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+")

_SLACK_HOOK = re.compile(r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]{20,200}+")

# The body of a key block: base 64, header lines, and how string literals break it up.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"""((?:[A-Za-z0-9+/=\s\\:,.'"]|-(?!----))*+)"""
    r"(-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{40,}+=*")

_URL_PASSWORD = re.compile(r"""(?<=://)([^\s/@:"'<>]{0,200}+:)([^\s/@"'<>]{3,500}+)(?=@)""")
_PLACEHOLDER = re.compile(
    r"(?i)\W*+(?:pass(?:word|wd)?|pw|pwd|secret|token|changeme|example|x+)\W*+|\W+|\$\w+|%s|.*\{\w*\}.*"
)


def _assigned(names: str) -> re.Pattern[str]:
    """A name, whatever says that a value follows, and the value, unless it goes on as code would."""
    return re.compile(
        rf"""((?i:{names})["']?\s{{0,4}}(?::\s{{0,4}}str\s{{0,4}})?(?:=>|:=|==?|:)\s{{0,4}}"""
        r"""(?:(?i:bearer|basic|token)\s{1,4})?[brf]?["']?)"""
        r"""([A-Za-z0-9+/=_.~!@#$%^&*-]{10,1000}+)(?![(\[{])"""
    )


_KEY_NAMES = r"(?:api|access|secret|private|account|auth|encryption|signing)[_-]?key(?:[_-]?base)?"
_AWS_SECRET = re.compile(
    r"""((?i:secret[_-]?(?:access[_-]?)?key)["']?\s{0,4}[=:]\s{0,4}["']?)([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"""
)
_PASSWORD = _assigned(r"pass(?:word|wd|phrase)|pwd")
_SECRET = _assigned(rf"secret|token|credentials?|authorization|{_KEY_NAMES}")
_BEARER = re.compile(r"((?i:\bbearer|\bbasic)\s{1,4})([A-Za-z0-9+/=_.~-]{16,2000}+)")
_PARTS = re.compile(r"[._\-/]")

# A shorter run of letters and digits may well be a person's password, but is hardly a token: names and ids in
# code are as long.
_PASSWORD_LENGTH = 10
_TOKEN_LENGTH = 16
_LEAST_ENTROPY = 3.0


def mask(text: str) -> str:
    """The text with each known shape of a secret replaced by `[masked: kind]`. Twice is the same as once."""
    text = _PRIVATE_KEY.sub(_without_key, text)
    text = _JWT.sub(_masked("JSON web token"), text)
    text = _SLACK_HOOK.sub(lambda found: found[1] + _masked("Slack webhook"), text)
    for kind, pattern in _SHAPES:
        text = pattern.sub(_masked(kind), text)
    text = _MODEL_KEY.sub(_without_model_key, text)
    text = _URL_PASSWORD.sub(_without(_is_password, "password in a URL"), text)
    text = _AWS_SECRET.sub(_without(bool, "AWS secret key"), text)
    text = _BEARER.sub(_without(_is_token, "token"), text)
    text = _SECRET.sub(_without(_is_token, "secret"), text)
    return _PASSWORD.sub(_without(lambda value: _looks_random(value, _PASSWORD_LENGTH), "password"), text)


def _masked(kind: str) -> str:
    return f"[masked: {kind}]"


def _without(is_secret: Callable[[str], bool], kind: str) -> Callable[[re.Match[str]], str]:
    """Replace the second group of a match where it is a secret."""
    return lambda found: found[1] + _masked(kind) if is_secret(found[2]) else found[0]


def _without_key(found: re.Match[str]) -> str:
    """A block without an end was cut off, or is only spoken of: then it goes as far as there is a key."""
    if found[2]:
        return _masked("private key")
    lines = [line.end() for line in _KEY_LINE.finditer(found[1])]
    return _masked("private key") + found[1][lines[-1] :] if lines else found[0]


def _without_model_key(found: re.Match[str]) -> str:
    if not _is_token(found[0]):
        return found[0]
    kinds = (kind for prefix, kind in _MODEL_KINDS if found[0].startswith(prefix))
    return _masked(next(kinds, "model API key"))


def _is_password(value: str) -> bool:
    return not _PLACEHOLDER.fullmatch(value)


def _is_token(value: str) -> bool:
    return _looks_random(value, _TOKEN_LENGTH)


def _looks_random(value: str, length: int) -> bool:
    """Whether some part between a value's dots, dashes and slashes is so long and mixed as no name is."""
    return any(len(part) >= length and _is_mixed(part) for part in _PARTS.split(value))


def _is_mixed(part: str) -> bool:
    letters = sum(character.isalpha() for character in part)
    digits = sum(character.isdigit() for character in part)
    shares = [count / len(part) for count in Counter(part).values()]
    return (
        letters >= 2 and digits >= 2 and -sum(share * math.log2(share) for share in shares) >= _LEAST_ENTROPY
    )
