"""Shapes of secrets are masked, ordinary text is not.

The samples are put together from parts, so that no scanner takes them for real.
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.secrets import mask

LETTERS = "Zq7Rk2Wv9Tb4Nc6Hx1Mj8Ld3Pf5Gs0YaUeIoBnCtDrEwFzQpSl"
LOWER = LETTERS.lower()
HEX = "9f8e7d6c5b4a39281706f5e4d3c2b1a0" * 2
LINE = LETTERS[:40] + "+/Aa"


def joined(*parts: str) -> str:
    return "".join(parts)


# Each case: the text before the secret, the secret, the text after it, and the kind that takes its place.
SECRETS = {
    "aws id": ("id: ", joined("AK", "IA", "Z7QRKWVTBNCHXMJL"), " ok", "AWS key id"),
    "aws secret": (
        "aws_secret_access_key = ",
        joined("wJalr", "XUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"),
        "\n",
        "AWS secret key",
    ),
    "github": ("--token ", joined("gh", "p_", LETTERS[:36]), "", "GitHub token"),
    "github in a url": ("https://x:", joined("gh", "s_", LETTERS[:36]), "@github.com/a", "GitHub token"),
    "github fine": ("'", joined("github", "_pat_", LETTERS[:22], "_", LETTERS[:30]), "'", "GitHub token"),
    "gitlab": ("", joined("gl", "pat-", LETTERS[:20]), ", x", "GitLab token"),
    "slack": ("", joined("xo", "xb-", "123456789012-", LETTERS[:24]), "\n", "Slack token"),
    "slack hook": (
        "https://hooks.slack.com/services/",
        joined("T0AB/B0CD/", LETTERS[:24]),
        " x",
        "Slack webhook",
    ),
    "openai": ("key=", joined("s", "k-", LETTERS[:48]), "", "OpenAI key"),
    "openai project": ("key=", joined("s", "k-proj-", LETTERS[:40], "_", LETTERS[:9]), "'", "OpenAI key"),
    "anthropic": ('"', joined("s", "k-ant-api03-", LETTERS[:40], "-", LETTERS[:40]), '"', "Anthropic key"),
    "xai": ("", joined("x", "ai-", LETTERS[:50]), ";", "xAI key"),
    "groq": ("", joined("gs", "k_", LETTERS[:50]), ";", "model API key"),
    "google": ("?key=", joined("AI", "za", LETTERS[:33], "-_"), "&x=1", "Google API key"),
    "google oauth": ("", joined("ya", "29.", LETTERS[:40]), "", "Google token"),
    "jwt": (
        "Cookie: s=",
        joined("ey", "J", LETTERS[:20], ".ey", "J", LETTERS[:30], ".", LETTERS[:43]),
        "; p",
        "JSON web token",
    ),
    "stripe": ("", joined("sk", "_live_", LETTERS[:24]), "", "Stripe key"),
    "stripe hook": ("", joined("wh", "sec_", LETTERS[:32]), "", "Stripe key"),
    "npm": ("//r/:_authToken=", joined("np", "m_", LETTERS[:36]), "\n", "npm token"),
    "pypi": ("password = ", joined("py", "pi-AgE", LETTERS[:48], "-", LETTERS[:30]), "\n", "PyPI token"),
    "hugging face": ("", joined("h", "f_", LETTERS[:34]), "", "Hugging Face token"),
    "sendgrid": ("", joined("S", "G.", LETTERS[:22], ".", LETTERS[:43]), "", "SendGrid key"),
    "twilio": ("", joined("S", "K", HEX[:32]), "", "Twilio key"),
    "digitalocean": ("", joined("do", "p_v1_", HEX), "", "DigitalOcean token"),
    "telegram": ("", joined("123456789:", "AA", LETTERS[:33]), "", "Telegram token"),
    "shopify": ("", joined("shp", "at_", HEX[:32]), "", "Shopify token"),
    "vault": ("", joined("hv", "s.", LETTERS[:24]), "", "Vault token"),
    "age": ("", joined("AGE-SECRET", "-KEY-1", (LETTERS + LETTERS).upper()[:58]), "", "age key"),
    "url password": ("postgres://me:", "h4rd:t0p$guess", "@db:5432/x", "password in a URL"),
    "url without a user": ("redis://:", "hunter2!", "@cache", "password in a URL"),
    "bearer": ("Authorization: Bearer ", LETTERS[:32], "\r\n", "token"),
    "password": ("PASSWORD=", "Tr0ub4dor&3x", "\n", "password"),
    "json password": ('{"db_password": "', "q8Z!v2Kp0#", '"}', "password"),
    "yaml token": ("  deploy-token:   ", LOWER[:24], "\n", "secret"),
    "annotated": ('api_key: str = "', LETTERS[:20], '"', "secret"),
    "environment": ("export MY_SECRET_KEY='", LETTERS[:32], "'", "secret"),
    "compared": ('if token == "', HEX[:32], '":', "secret"),
    "private key": (
        "x = '''",
        joined(
            "-----BEGIN RSA ",
            "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n",
            f"{LINE}\n" * 3,
            "-----END RSA ",
            "PRIVATE KEY-----",
        ),
        "'''\ny = 1",
        "private key",
    ),
    "private key in quotes": (
        '"',
        joined("-----BEGIN ", "PRIVATE KEY-----\\n", f"{LINE}\\n" * 3, "-----END ", "PRIVATE KEY-----"),
        '\\n"',
        "private key",
    ),
    "private key cut off": (
        "",
        joined("-----BEGIN OPENSSH ", "PRIVATE KEY-----\n", f"{LINE}\n" * 3)[:-1],
        "\nand so on (cut)",
        "private key",
    ),
}
ORDINARY = [
    "tests/test_auth.py::test_login[token=abc123def456-password=hunter2]",
    "tests/test_secrets.py::TestMask::test_sk_learn[sk-estimator-doc-link-1]",
    "token = tokens[index + 1]",
    "password = os.environ['DB_PASSWORD_V2_PRODUCTION']",
    "password=password, token=self.session.refresh_token_2024",
    "def login(password: str, token: str | None = None) -> Token:",
    "api_key = settings.SERVICES['a1'].api_key_for_2nd_client(name)",
    "token: Final = make_token_for_user_number_12345(user)",
    "secret = 'correct-horse-battery-staple'",
    'SECRET_KEY = "change-me-in-production"',
    "assert token == expected_token_after_2_refreshes",
    "token=makeTokenNumber1a2b3c4d(user), secret=readSecretsFor2Or3Users[0]",
    "max_tokens=4096, tokenizer='bert-base-uncased-v2'",
    "commit 9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c",
    "sha256:" + HEX,
    "id = '3fa85f64-5717-4562-b3fc-2c963f66afa6'",
    "http://localhost:8080/@scope/pkg and http://user@host:80/x",
    "https://user:password@example.com https://u:${TOKEN}@h https://u:{password}@h https://u:***@h",
    "git@github.com:owner/name.git and a.b@example.com",
    "risk-management-2024-q1-report-final-v2 task-1234567890abcdefghij",
    "class sk-toggleable__content-arrow-2 sk-container-id-12",
    "-----BEGIN PRIVATE KEY----- is how such a file begins, in any language and at any length of line",
    "-----BEGIN CERTIFICATE-----\n" + LINE + "\n-----END CERTIFICATE-----",
    "eyJ is how JSON begins in base 64: eyJhIjoxfQ.eyJi",
    "AKIAnot, ghp_short, xoxb-1, npm_install, hf_hub, glpat-x, AIzaX, pypi-server",
    "key-value-pairs-in-a-very-long-name-with-1-number",
    "the basic implementation-of-something-2024 and bearer of-bad-news-1234567",
    "x = {'token': 1234567890123456, 'secret': 'aaaaaaaaaaaaaaaaaaaa11'}",
    "token=/run/secrets/deploy/token.txt",
    "😀 Пароль: 日本語のパスワード",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_masked_and_nothing_else(name: str) -> None:
    before, secret, after, kind = SECRETS[name]
    masked = mask(before + secret + after)
    assert masked == f"{before}[masked: {kind}]{after}"
    assert mask(masked) == masked


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert mask(text) == text


def test_every_secret_of_a_text_is_masked() -> None:
    parts = list(SECRETS.values())
    masked = mask("\n\n".join(before + secret + after for before, secret, after, _ in parts))
    assert masked == "\n\n".join(f"{before}[masked: {kind}]{after}" for before, _, after, kind in parts)


@given(st.lists(st.sampled_from([*ORDINARY, *("".join(each[:3]) for each in SECRETS.values())]), max_size=4))
def test_masking_twice_changes_nothing_more(parts: list[str]) -> None:
    once = mask(" ".join(parts))
    assert mask(once) == once


HARD = [
    "eyJ",
    "eyJaaaaaaaaaaaa.",
    "sk-",
    "sk-a1",
    "token=",
    "token: str ",
    "password ",
    "://",
    "://a:",
    "a:b@",
    "xoxb-",
]
HARD += [
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN " + "A" * 40,
    "-",
    "A",
    "a1",
    " ",
    "ghp_",
    "bearer ",
    "SG.",
    "/",
    "AKIA",
]


@pytest.mark.parametrize("piece", HARD)
def test_time_grows_with_the_length_only(piece: str) -> None:
    """Six times the text may take a good deal longer than six times, on a busy machine, but not 36 times."""

    def seconds(size: int) -> float:
        text = piece * (size // len(piece)) + "!"
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            mask(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(120_000) < 18 * seconds(20_000) + 0.02
