"""Priors of edit families fitted to fixes of a public corpus; a family that isn't here keeps the one set by hand.

Made by `python -m bench.priors.explained` and `python -m bench.priors.fit`; `bench/priors/README.md` says how.
"""

FITTED: dict[str, float] = {
    "accumulate": 3.92, "add-element": 4.45, "another-clause": 4.45, "another-condition": 4.93,
    "another-object": 5.09, "argument-add": 5.15, "argument-drop": 4.07, "argument-swap": 2.81,
    "arrange": 6.02, "as-elsewhere": 3.58, "assign-together": 4.43, "augmented-operator": 2.82,
    "better-of-both": 3.39, "binary-operator": 2.86, "both-sides": 4.87, "bound": 5.29, "branch": 3.60,
    "by-keyword": 4.23, "call-method": 5.91, "callee": 4.06, "compared-clause": 5.67,
    "comparison-and-constant": 4.38, "comparison-and-inner": 4.98, "comparison-operator": 0.49,
    "conditional": 5.63, "connective": 2.65, "constant": 2.44, "containment": 3.92, "converted-variable":
    6.78, "copy": 4.24, "copy-statement": 6.40, "default": 6.18, "delete-statement": 3.50,
    "drop-element": 3.95, "early-return": 6.42, "element": 4.76, "fall-back": 4.22, "guard": 5.68,
    "guarded-value": 4.43, "in-row": 4.83, "index": 3.85, "index-swap": 3.86, "ingredient": 3.54,
    "integer": 1.58, "into-call": 3.91, "iterated": 4.17, "jump": 3.14, "key": 4.05, "leave-early": 4.87,
    "leave-out": 3.66, "leave-with": 4.42, "loop-guard": 5.22, "loop-or-test": 4.32, "lower-bound": 4.76,
    "member": 2.82, "method": 2.43, "method-of-file": 4.71, "missing-check": 4.06, "missing-return":
    3.32, "missing-update": 5.47, "move-in": 4.00, "move-out": 3.38, "move-statement": 3.74,
    "name-for-constant": 3.87, "negate": 3.24, "of-kind": 4.88, "off-by-one": 1.79, "only-if": 5.00,
    "only-where": 6.34, "operand-swap": 3.24, "other-keyword": 3.75, "out-of-call": 3.63, "part": 5.29,
    "pass-to-function": 5.11, "range": 2.23, "receiver-swap": 4.42, "reduce": 4.90, "regroup": 3.67,
    "return-value": 3.83, "round-up": 4.23, "row-swap": 3.36, "shape-parameter": 5.02, "shorten-chain":
    3.82, "sign": 4.25, "slice": 3.28, "slice-length": 4.62, "sort-by": 5.20, "sorting": 4.23, "spread":
    3.52, "store-by-call": 4.87, "string-change": 2.64, "string-of-file": 2.85, "string-prefix": 4.63,
    "target": 4.41, "target-expression": 4.68, "text-of-variable": 5.11, "thrown-away": 2.12, "truth":
    4.42, "unconditional": 4.83, "unwrap": 3.08, "unwrap-call": 3.28, "usual-argument": 4.41,
    "usual-statement": 6.23, "variable": 2.74, "variable-first": 5.66, "whole-quotient": 3.28,
    "with-constant": 4.86, "with-expression": 6.06, "with-variable": 4.46, "within-length": 5.05,
    "wrap-builtin": 5.57,
}  # fmt: skip
