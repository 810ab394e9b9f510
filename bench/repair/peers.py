"""What others have published on the same benchmarks. `memory`: quoted from memory of the paper, not read again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    result: str
    source: str
    memory: bool


PEERS: dict[str, tuple[Peer, ...]] = {
    "quixbugs": (
        Peer("DeepDebug", "21/40 right", "arXiv 2105.09352", memory=True),
        Peer("CoCoNuT", "19/40 right", "its paper", memory=True),
        Peer("Codex (2021)", "23/40 right (21 when scored again)", "arXiv 2111.03922", memory=True),
        Peer("AlphaRepair", "27/40 right", "arXiv 2207.08281", memory=True),
        Peer("ChatGPT (2023)", "19/40 right", "arXiv 2301.08653", memory=True),
        Peer("ChatGPT (2023), with hints in a dialogue", "31/40 right", "arXiv 2301.08653", memory=False),
        Peer(
            "models of Codex's size, many samples; ChatRepair",
            "39 to 40/40",
            "arXiv 2210.14179, 2304.00385",
            memory=True,
        ),
    ),
    "humanevalfix": (
        Peer("GPT-4 (2023), one answer, all 164 bugs", "47.0 % plausible", "arXiv 2308.07124", memory=True),
        Peer("OctoCoder, one answer, all 164 bugs", "30.4 % plausible", "arXiv 2308.07124", memory=True),
        Peer(
            "SWE-agent with GPT-4 Turbo, may run tests", "87.7 % plausible", "arXiv 2405.15793", memory=False
        ),
    ),
    "refactory": (),
}


def peers_table(name: str) -> str:
    """Empty where nothing comparable is known."""
    peers = PEERS[name]
    if not peers:
        return ""
    rows = [
        f"| {peer.name} | {peer.result} | {peer.source}{' (from memory)' if peer.memory else ''} |"
        for peer in peers
    ]
    return "\n".join(["| published elsewhere | result | source |", "|---|---|---|", *rows])
