"""Which tests are asked for by which names, and the trap set in some, whatever runs them. PYTEST_DONT_REWRITE"""


def is_named(name, names):
    """Whether a test is named: by its id, or by the file, the class or the function that it belongs to."""
    path, _, rest = name.partition("::")
    if name in names or path in names or name.partition("[")[0] in names:
        return True
    classes = rest.partition("[")[0].split("::")[:-1]
    return any("::".join([path, *classes[:depth]]) in names for depth in range(1, len(classes) + 1))


def order_of_files(names):
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    return {path: place for place, path in enumerate(files)}


class MacrohardTrap(AssertionError):
    """Raised in a test that passed, to see whether the program under test lets a failure be seen."""
