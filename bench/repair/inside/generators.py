"""Inputs for QuixBugs: one generator for each program, which keeps to what its docstring asks of callers.

A generator takes a random.Random and a size (1, or 2 for larger ones) and returns the arguments, built anew.
"""

import itertools
import math

import graphs

LETTERS = "abcde"


def numbers(rng, size, low=-20, high=60, most=9):
    return [rng.randint(low, high) for _ in range(rng.randint(0, most * size))]


def distinct(rng, size, low=-30, high=90, least=0, most=9):
    return rng.sample(range(low, high), rng.randint(least, most * size))


def text(rng, size, alphabet=LETTERS, most=6):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, most * size)))


def bitcount(rng, size):
    return [rng.getrandbits(rng.randint(1, 20 * size))]


def bucketsort(rng, size):
    k = rng.randint(1, 15 * size)
    return [[rng.randrange(k) for _ in range(rng.randint(0, 12 * size))], k]


def find_first_in_sorted(rng, size):
    arr = sorted(numbers(rng, size, 0, 15))
    return [arr, rng.choice(arr) if arr and rng.random() < 0.7 else rng.randint(-2, 18)]


def find_in_sorted(rng, size):
    arr = sorted(distinct(rng, size, 0, 40))
    return [arr, rng.choice(arr) if arr and rng.random() < 0.7 else rng.randint(-2, 42)]


def flatten(rng, size):
    def nested(depth):
        return [
            nested(depth - 1)
            if depth and rng.random() < 0.4
            else rng.choice((rng.randint(0, 99), "x", 2.5, None))
            for _ in range(rng.randint(0, 3 + size))
        ]

    return [nested(2 + size)]


def gcd(rng, size):
    common = rng.randint(1, 30)
    return [common * rng.randint(0, 60 * size), common * rng.randint(0, 60 * size)]


def get_factors(rng, size):
    return [rng.randint(1, 3000 * size)]


def hanoi(rng, size):
    start, end = rng.sample((1, 2, 3), 2)
    return [rng.randint(0, 4 + size), start, end]


def is_valid_parenthesization(rng, size):
    if rng.random() < 0.5:
        return [text(rng, size, "()", 10)]
    made = ""
    for _ in range(rng.randint(0, 6 * size)):
        place = rng.randint(0, len(made))
        made = made[:place] + "()" + made[place:]
    return [made if rng.random() < 0.7 else made + rng.choice("()")]


def kheapsort(rng, size):
    """Ordered by place plus at most k, no element ends further than k from its place."""
    k = rng.randint(0, 4 * size)
    arr = sorted(distinct(rng, size, most=12))
    late = [place + rng.uniform(0, k) for place in range(len(arr))]
    return [[arr[place] for place in sorted(range(len(arr)), key=late.__getitem__)], k]


def knapsack(rng, size):
    items = [[rng.randint(1, 15), rng.randint(1, 40)] for _ in range(rng.randint(0, 6 * size))]
    return [rng.randint(1, 60), items]


def kth(rng, size):
    arr = numbers(rng, size, 0, 12) or [rng.randint(0, 9)]
    return [arr, rng.randrange(len(arr))]


def lcs_length(rng, size):
    return [text(rng, size, "abc"), text(rng, size, "abc")]


def levenshtein(rng, size):
    return [text(rng, 1, "abc", 4 + size), text(rng, 1, "abc", 4 + size)]


def lis(rng, size):
    return [distinct(rng, size)]


def longest_common_subsequence(rng, size):
    return [text(rng, 1, "abc", 5 + size), text(rng, 1, "abc", 5 + size)]


def max_sublist_sum(rng, size):
    return [numbers(rng, size, -15, 15)]


def mergesort(rng, size):
    return [numbers(rng, size)]


def minimum_spanning_tree(rng, size):
    """A connected graph of distinct weights, which has one answer only."""
    count = rng.randint(2, 4 + 2 * size)
    pairs = list(itertools.combinations(range(1, count + 1), 2))
    tree = [(rng.randint(1, node - 1), node) for node in range(2, count + 1)]
    edges = {*tree, *rng.sample(pairs, rng.randint(0, len(pairs) // 2))}
    weights = rng.sample(range(1, 200), len(edges))
    return [dict(zip(rng.sample(sorted(edges), len(edges)), weights, strict=True))]


def next_palindrome(rng, size):
    digit = rng.choice((9, rng.randint(0, 9)))
    half = [rng.choice((digit, rng.randint(0, 9))) for _ in range(rng.randint(1, 3 * size))]
    half[0] = half[0] or 1
    middle = [rng.randint(0, 9)] if rng.random() < 0.5 else []
    return [half + middle + half[::-1]]


def next_permutation(rng, size):
    while True:
        perm = distinct(rng, size, least=2)
        if perm != sorted(perm, reverse=True):
            return [perm]


def pascal(rng, size):
    return [rng.randint(1, 10 * size)]


def possible_change(rng, size):
    coins = rng.sample((1, 2, 3, 5, 10, 25, 50), rng.randint(1, 4))
    return [coins, rng.randint(0, 30 * size)]


def powerset(rng, size):
    return [rng.sample("abcdefgh", rng.randint(0, 3 + size))]


def quicksort(rng, size):
    return [numbers(rng, size, 0, 25)]


def rpn_eval(rng, size):
    tokens = [float(rng.randint(1, 9))]
    for _ in range(rng.randint(0, 4 * size)):
        place = rng.randrange(len(tokens))
        if isinstance(tokens[place], float):
            tokens[place : place + 1] = [tokens[place], float(rng.randint(1, 9)), rng.choice("+-*/")]
    return [tokens]


def shunting_yard(rng, size):
    tokens = [rng.randint(0, 99)]
    for _ in range(rng.randint(0, 5 * size)):
        tokens += [rng.choice("+-*/"), rng.randint(0, 99)]
    return [tokens]


def sieve(rng, size):
    return [rng.randint(1, 150 * size)]


def sqrt(rng, size):
    return [rng.choice((rng.randint(1, 300 * size), rng.uniform(1, 300))), 10 ** -rng.uniform(0.3, 3 + size)]


def subsequences(rng, size):
    a = rng.randint(-3, 10)
    return [a, a + rng.randint(-2, 6 + size), rng.randint(1, 4)]


def to_base(rng, size):
    return [rng.randint(1, 10 ** (3 * size)), rng.randint(2, 36)]


def wrap(rng, size):
    """Words shorter than a line: of longer ones after a space the right program never comes to an end."""
    cols = rng.randint(2, 20)
    lengths = [rng.randint(1, min(9, cols - 1)) for _ in range(rng.randint(0, 12 * size))]
    return [" ".join("".join(rng.choice(LETTERS) for _ in range(length)) for length in lengths), cols]


def within_epsilon(args, _expected, got):
    x, epsilon = args
    return isinstance(got, (int, float)) and abs(got - math.sqrt(x)) <= epsilon


def an_index(args, expected, got):
    arr, x = args
    if expected == -1 or isinstance(got, bool) or not isinstance(got, int):
        return got == expected
    return 0 <= got < len(arr) and arr[got] == x


def as_long_a_subsequence(args, expected, got):
    if not isinstance(got, str) or len(got) != len(expected):
        return False
    return all(_is_within(got, text) for text in args)


def _is_within(part, whole):
    letters = iter(whole)
    return all(letter in letters for letter in part)


GENERATORS = {
    **{
        function.__name__: function
        for function in (
            *(bitcount, bucketsort, find_first_in_sorted, find_in_sorted, flatten, gcd, get_factors, hanoi),
            *(is_valid_parenthesization, kheapsort, knapsack, kth, lcs_length, levenshtein, lis),
            *(longest_common_subsequence, max_sublist_sum, mergesort, minimum_spanning_tree, next_palindrome),
            *(next_permutation, pascal, possible_change, powerset, quicksort, rpn_eval, shunting_yard, sieve),
            *(sqrt, subsequences, to_base, wrap),
        )
    },
    **graphs.GENERATORS,
}
# Where several answers are right, what makes one right: the docstring's own words.
ACCEPT = {
    "sqrt": within_epsilon,
    "find_in_sorted": an_index,
    "longest_common_subsequence": as_long_a_subsequence,
    **graphs.ACCEPT,
}
