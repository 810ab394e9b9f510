"""From an error's words to the edit that is tried first: one fixture a kind of error."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from macrohard_lsp.core.change_paths import touches_tests
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Frame, Outcome, TestResult
from macrohard_lsp.core.unified_diff import to_unified_diff
from macrohard_lsp.repair.causes import Aimed, Sources, aimed_edits, read_cause
from macrohard_lsp.workspace.index import build_index


@dataclass(frozen=True)
class Case:
    """`files` is one text, in which `--- path` begins each file and `<-` marks where the exception was raised.

    `tried` are the changed lines of the edit that is tried first, or of the one whose place is `rank`.
    """

    name: str
    error: str
    files: str
    summary: str
    tried: str
    rank: int = 0
    of_tests: bool = False


CASES = (
    Case(
        "a misspelt variable, wherever it is used",
        "UnboundLocalError: cannot access local variable 'totl' where it is not associated with a value",
        "--- a.py\ndef f(items):\n    total = 0\n    for item in items:\n        totl += item  # <-\n    return totl\n",
        "use `total` instead of `totl`",
        "-        totl += item\n-    return totl\n+        total += item\n+    return total\n",
    ),
    Case(
        "a misspelt name, wherever it is used",
        "NameError: name 'totl' is not defined",
        "--- a.py\ndef f(total):\n    if totl:  # <-\n        return totl\n    return lambda totl: totl\n",
        "use `total` instead of `totl`",
        "-    if totl:\n-        return totl\n+    if total:\n+        return total\n",
    ),
    Case(
        "a variable of the module that a function counts up",
        "UnboundLocalError: local variable 'count' referenced before assignment",
        "--- a.py\ncount = 0\ndef f():\n    count += 1  # <-\n",
        "let `count` be the module's",
        "+    global count\n",
    ),
    Case(
        "an import that another file has",
        "NameError: name 'np' is not defined",
        "--- a.py\nimport os\n\n\ndef f():\n    return np.zeros(1)  # <-\n--- b.py\nimport numpy as np\n",
        "add `import numpy as np`",
        "+import numpy as np\n",
    ),
    Case(
        "a name that another file defines, imported as its neighbours are",
        "NameError: name 'helper' is not defined",
        "--- pkg/__init__.py\n--- pkg/a.py\nfrom .c import other\n\n\ndef f():\n    return helper()  # <-\n"
        "--- pkg/b.py\ndef helper(): return 1\n--- pkg/c.py\nother = 1\n",
        "add `from .b import helper`",
        "+from .b import helper\n",
    ),
    Case(
        "a module of the standard library, below a docstring",
        "NameError: name 'json' is not defined",
        '--- a.py\n"""Words."""\n\ndef f(): return json.dumps(1)  # <-\n',
        "add `import json`",
        "+import json\n+\n",
    ),
    Case(
        "a name of the standard library joins the import there is",
        "NameError: name 'deque' is not defined",
        "--- a.py\nfrom collections import Counter\n\nx = deque()  # <-\n",
        "add `from collections import deque`",
        "-from collections import Counter\n+from collections import Counter, deque\n",
    ),
    Case(
        "self left out",
        "NameError: name 'balance' is not defined",
        "--- a.py\nclass A:\n    def __init__(self):\n        self.balance = 0\n    def f(self):\n"
        "        return balance  # <-\n",
        "use `self.balance` instead of `balance`",
        "-        return balance\n+        return self.balance\n",
    ),
    Case(
        "a function renamed, its callers, imports and strings left behind",
        "ImportError: cannot import name 'load_files' from 'pkg.io' (/w/pkg/io.py)",
        "--- pkg/__init__.py\nfrom pkg.io import load_files  # <-\n__all__ = ['load_files']\n"
        "--- pkg/io.py\ndef load_file(path): return path\n"
        "--- pkg/run.py\nimport pkg\nHOOK = 'pkg.io.load_files'\nSAID = 'load_files was here'\n\n\n"
        "def run(load_files=1):\n"
        "    return pkg.load_files(load_files)\n",
        "use `load_file` of pkg/io.py instead of `load_files`, which isn't there (2 files)",
        "-from pkg.io import load_files\n-__all__ = ['load_files']\n+from pkg.io import load_file\n"
        "+__all__ = ['load_file']\n"
        "-HOOK = 'pkg.io.load_files'\n+HOOK = 'pkg.io.load_file'\n"
        "-    return pkg.load_files(load_files)\n+    return pkg.load_file(load_files)\n",
    ),
    Case(
        "a name a test asks for: the definition is called so, with its uses",
        "ImportError: cannot import name 'double' from 'calc' (/w/calc.py)",
        "--- calc.py\ndef doubel(n): return 2 * n\n\n\nFOUR = doubel(2)\n--- test_calc.py\n"
        "from calc import double  # <-\n",
        "call `doubel` `double`, as it is asked for",
        "-def doubel(n): return 2 * n\n+def double(n): return 2 * n\n-FOUR = doubel(2)\n+FOUR = double(2)\n",
    ),
    Case(
        "or the test says what there is, which is no fix",
        "ImportError: cannot import name 'double' from 'calc' (/w/calc.py)",
        "--- calc.py\ndef doubel(n): return 2 * n\n--- test_calc.py\nfrom calc import double  # <-\n\n\n"
        "def test(): assert double(1) == 2\n",
        "use `doubel` of calc.py instead of `double`, which isn't there",
        "-from calc import double\n+from calc import doubel\n"
        "-def test(): assert double(1) == 2\n+def test(): assert doubel(1) == 2\n",
        rank=1,
        of_tests=True,
    ),
    Case(
        "a name that a test takes from everything there is",
        "NameError: name 'double' is not defined",
        "--- calc.py\ndef doubel(n): return 2 * n\n--- test_calc.py\nfrom calc import *\n\n\n"
        "def test(): assert double(1) == 2  # <-\n",
        "call `doubel` `double`, as it is used",
        "-def doubel(n): return 2 * n\n+def double(n): return 2 * n\n",
    ),
    Case(
        "a function renamed, and used where everything is imported",
        "AttributeError: module 'calc' has no attribute 'doubel'",
        "--- calc.py\ndef double(n): return 2 * n\n--- a.py\nimport calc\nx = calc.doubel(1)  # <-\n"
        "--- b.py\nfrom calc import *\ny = doubel(1)\n"
        "--- c.py\nfrom calc import *\nfrom other import doubel\ndoubel(1)\n",
        "use `double` of calc.py instead of `doubel`, which isn't there (2 files)",
        "-x = calc.doubel(1)\n+x = calc.double(1)\n-y = doubel(1)\n+y = double(1)\n",
    ),
    Case(
        "a name that lives in another module",
        "ImportError: cannot import name 'helper' from 'pkg.a' (/w/pkg/a.py)",
        "--- pkg/__init__.py\n--- pkg/a.py\nother = 1\n--- pkg/b.py\ndef helper(): pass\n"
        "--- use.py\nfrom pkg.a import helper, other  # <-\n",
        "import `helper` from pkg/b.py, where it is defined",
        "-from pkg.a import helper, other\n+from pkg.b import helper\n+from pkg.a import other\n",
    ),
    Case(
        "a name that the package was expected to pass on",
        "ImportError: cannot import name 'helper' from 'pkg' (/w/pkg/__init__.py)",
        "--- pkg/__init__.py\n--- pkg/b.py\ndef helper(): pass\n--- test_use.py\nfrom pkg import helper  # <-\n",
        "import `helper` in pkg/__init__.py, from where it is asked for",
        "+from pkg.b import helper\n",
    ),
    Case(
        "a name that the standard library has elsewhere",
        "ImportError: cannot import name 'Mapping' from 'collections' (/usr/lib/python3/collections/__init__.py)",
        "--- a.py\nfrom collections import Mapping, OrderedDict  # <-\n",
        "import `Mapping` from `typing`",
        "-from collections import Mapping, OrderedDict\n+from typing import Mapping\n"
        "+from collections import OrderedDict\n",
    ),
    Case(
        "a misspelt name of the standard library",
        "AttributeError: module 'json' has no attribute 'lods'",
        "--- a.py\nimport json\nx = json.lods('1')  # <-\n",
        "use `loads` of `json` instead of `lods`",
        "-x = json.lods('1')\n+x = json.loads('1')\n",
    ),
    Case(
        "a module renamed, its imports and its string left behind",
        "ModuleNotFoundError: No module named 'pkg.helpers'",
        "--- pkg/__init__.py\n--- pkg/helper.py\ndef f(): pass\n--- pkg/a.py\nfrom .helpers import f  # <-\n"
        "--- pkg/b.py\nimport pkg.helpers\nfrom pkg import helpers\nNAME = 'pkg.helpers.f'\n"
        "x = pkg.helpers.f(helpers)\n",
        "import `pkg.helper` instead of `pkg.helpers`, which isn't there (2 files)",
        "-from .helpers import f\n+from .helper import f\n"
        "-import pkg.helpers\n-from pkg import helpers\n-NAME = 'pkg.helpers.f'\n-x = pkg.helpers.f(helpers)\n"
        "+import pkg.helper\n+from pkg import helper\n+NAME = 'pkg.helper.f'\n+x = pkg.helper.f(helper)\n",
    ),
    Case(
        "a module of the same package, imported as if it stood at the top",
        "ModuleNotFoundError: No module named 'b'",
        "--- pkg/__init__.py\n--- pkg/a.py\nfrom b import f  # <-\n--- pkg/b.py\ndef f(): pass\n",
        "import `b` from the package it is in",
        "-from b import f\n+from pkg.b import f\n",
    ),
    Case(
        "a misspelt module of the standard library",
        "ModuleNotFoundError: No module named 'jsno'",
        "--- a.py\nimport jsno  # <-\nx = jsno.dumps(1)\n",
        "import `json` instead of `jsno`",
        "-import jsno\n-x = jsno.dumps(1)\n+import json\n+x = json.dumps(1)\n",
    ),
    Case(
        "a module that a test asks for: the file is called so",
        "ModuleNotFoundError: No module named 'pkg.shapes'",
        "--- pkg/__init__.py\nfrom pkg.shape import area\n--- pkg/shape.py\ndef area(): pass\n"
        "--- test_a.py\nfrom pkg.shapes import area  # <-\n",
        "call pkg/shape.py pkg/shapes.py, as it is asked for",
        "-from pkg.shape import area\n+from pkg.shapes import area\n",
    ),
    Case(
        "a misspelt attribute",
        "AttributeError: 'Account' object has no attribute 'ballance'",
        "--- a.py\nclass Account:\n    def __init__(self):\n        self.balance = 0\n\n\ndef f(account):\n"
        "    return account.ballance  # <-\n",
        "use `.balance` instead of `.ballance`",
        "-    return account.ballance\n+    return account.balance\n",
    ),
    Case(
        "a method renamed, its callers in two files left behind",
        "AttributeError: 'Box' object has no attribute 'put_items'",
        "--- a.py\nclass Base:\n    def put_item(self): pass\n\n\nclass Box(Base):\n    pass\n"
        "--- b.py\ndef f(box): return box.put_items()  # <-\n--- c.py\n"
        "def g(box): return box.put_items  # as put_items\n",
        "use `.put_item` instead of `.put_items` (2 files)",
        "-def f(box): return box.put_items()\n+def f(box): return box.put_item()\n"
        "-def g(box): return box.put_items  # as put_items\n+def g(box): return box.put_item  # as put_items\n",
    ),
    Case(
        "a method that a test asks for",
        "AttributeError: 'Box' object has no attribute 'is_empty'",
        "--- a.py\nclass Box:\n    def isempty(self): return True\n    def f(self): return self.isempty()\n"
        "--- test_a.py\nfrom a import Box\ndef test(): assert Box().is_empty()  # <-\n",
        "call `Box.isempty` `is_empty`, as it is asked for",
        "-    def isempty(self): return True\n-    def f(self): return self.isempty()\n"
        "+    def is_empty(self): return True\n+    def f(self): return self.is_empty()\n",
    ),
    Case(
        "a method of a builtin type",
        "AttributeError: 'str' object has no attribute 'uper'",
        "--- a.py\ndef f(s): return s.uper()  # <-\n",
        "use `.upper` instead of `.uper`",
        "-def f(s): return s.uper()\n+def f(s): return s.upper()\n",
    ),
    Case(
        "a parameter renamed, its callers in two files left behind",
        "TypeError: send() got an unexpected keyword argument 'subjct'",
        "--- a.py\ndef send(to, subject): pass\n--- b.py\nfrom a import send\nsend('x', subjct='y')  # <-\n"
        "--- c.py\nimport a\na.send(subjct='y', to='x')\nother(subjct=1)\n",
        "pass `subject` instead of `subjct` to `send` (2 files)",
        "-send('x', subjct='y')\n+send('x', subject='y')\n-a.send(subjct='y', to='x')\n+a.send(subject='y', to='x')\n",
    ),
    Case(
        "a parameter that a test passes",
        "TypeError: Box.__init__() got an unexpected keyword argument 'colour'",
        "--- a.py\nclass Box:\n    def __init__(self, color):\n        self.color = color\n\n\n"
        "def f(): return Box(color=1)\n"
        "--- test_a.py\nfrom a import Box\ndef test(): Box(colour=1)  # <-\n",
        "call the parameter `color` of `Box` `colour`, as it is passed",
        "-    def __init__(self, color):\n-        self.color = color\n+    def __init__(self, colour):\n"
        "+        self.color = colour\n-def f(): return Box(color=1)\n+def f(): return Box(colour=1)\n",
    ),
    Case(
        "a keyword that nothing takes",
        "TypeError: send() got an unexpected keyword argument 'urgent'",
        "--- a.py\ndef send(to, subject): pass\ndef f(): send('x', urgent=True, subject='y')  # <-\n",
        "don't pass `urgent` to `send`",
        "-def f(): send('x', urgent=True, subject='y')\n+def f(): send('x', subject='y')\n",
    ),
    Case(
        "an argument that is at hand",
        "TypeError: area() missing 1 required positional argument: 'height'",
        "--- a.py\ndef area(width, height): return width * height\ndef f(width, height): return area(width)  # <-\n",
        "pass `height=height` to `area`",
        "-def f(width, height): return area(width)\n+def f(width, height): return area(width, height=height)\n",
    ),
    Case(
        "a method without self",
        "TypeError: Box.lid() takes 0 positional arguments but 1 was given",
        "--- a.py\nclass Box:\n    def lid(): return 1\ndef f(): return Box().lid()  # <-\n",
        "give `lid` the parameter `self`",
        "-    def lid(): return 1\n+    def lid(self): return 1\n",
    ),
    Case(
        "a constructor by another name",
        "TypeError: Box() takes no arguments",
        "--- a.py\nclass Box:\n    def __int__(self, n): self.n = n\ndef f(): return Box(1)  # <-\n",
        "call `__int__` `__init__`",
        "-    def __int__(self, n): self.n = n\n+    def __init__(self, n): self.n = n\n",
    ),
    Case(
        "an argument too many",
        "TypeError: f() takes 1 positional argument but 2 were given",
        "--- a.py\ndef f(a): return a\ndef g(): return f(1, 2)  # <-\n",
        "don't pass `2` to `f`",
        "-def g(): return f(1, 2)\n+def g(): return f(1)\n",
    ),
    Case(
        "a missing await",
        "TypeError: unsupported operand type(s) for +: 'coroutine' and 'int'",
        "--- a.py\nasync def one(): return 1\nasync def two():\n    n = one() + 1  # <-\n    return n\n",
        "await `one`",
        "-    n = one() + 1\n+    n = (await one()) + 1\n",
    ),
    Case(
        "an await too many",
        "TypeError: object int can't be used in 'await' expression",
        "--- a.py\ndef one(): return 1\nasync def two(): return await one()  # <-\n",
        "don't await `one()`",
        "-async def two(): return await one()\n+async def two(): return one()\n",
    ),
    Case(
        "a misspelt key",
        "KeyError: 'adress'",
        "--- a.py\nROW = {'address': 1, 'name': 2}\ndef f(): return ROW['adress']  # <-\n",
        "use the key `address` instead of `adress`",
        "-def f(): return ROW['adress']\n+def f(): return ROW['address']\n",
    ),
    Case(
        "a key that a test asks for",
        "KeyError: 'address'",
        "--- a.py\ndef f(): return {'adress': 1}\n--- test_a.py\nfrom a import f\ndef test(): f()['address']  # <-\n",
        "call the key `adress` `address`, as it is asked for",
        "-def f(): return {'adress': 1}\n+def f(): return {'address': 1}\n",
    ),
    Case(
        "a misspelt fixture, which only a test can put right",
        "fixture 'tmp_pth' not found",
        "--- test_a.py\ndef test(tmp_pth):  # <-\n    assert tmp_pth.is_dir()\n",
        "ask for the fixture `tmp_path` instead of `tmp_pth`",
        "-def test(tmp_pth):\n-    assert tmp_pth.is_dir()\n+def test(tmp_path):\n+    assert tmp_path.is_dir()\n",
        of_tests=True,
    ),
    Case(
        "a fixture of a plugin of the project",
        "fixture 'database' not found",
        "--- pkg/plugin.py\nimport pytest\n@pytest.fixture\ndef data_base(): return 1\n"
        "--- test_a.py\ndef test(database): pass  # <-\n",
        "call the fixture `data_base` `database`, as it is asked for",
        "-def data_base(): return 1\n+def database(): return 1\n",
    ),
    Case(
        "a function of a conftest that was never made a fixture",
        "fixture 'box' not found",
        "--- conftest.py\ndef box(): return 1\n--- test_a.py\ndef test(box): pass  # <-\n",
        "make `box` a fixture",
        "+import pytest\n+\n+@pytest.fixture\n",
        of_tests=True,
    ),
    Case(
        "a keyword that a mock was not called with",
        "AssertionError: expected call not found.\nExpected: prompt('a, b', type=<Mock (1, 2)>, show=False)\n"
        "  Actual: prompt('a, b', type=<Mock (1, 2)>)",
        "--- a.py\nimport ui\n\n\ndef ask(text, kind):\n    ui.prompt(text)\n    return ui.prompt(\n"
        "        text, type=kind\n    )\n--- test_a.py\nassert 1  # <-\n",
        "pass `show=False` to `prompt`",
        "-        text, type=kind\n+        text, type=kind, show=False\n",
    ),
    Case(
        "the variable of that name rather than the constant",
        "AssertionError: expected call not found.\nExpected: send(1, loud=True)\n  Actual: send(1)",
        "--- a.py\ndef tell(n, loud): send(n)\n--- test_a.py\nassert 1  # <-\n",
        "pass `loud=loud` to `send`",
        "-def tell(n, loud): send(n)\n+def tell(n, loud): send(n, loud=loud)\n",
    ),
    Case(
        "a keyword too much and another constant",
        "AssertionError: expected call not found.\nExpected: send('it\\'s', 2)\n  Actual: send('it\\'s', 1, loud=True)",
        "--- a.py\ndef tell(n): out.send(n, 1, loud=True)\n--- test_a.py\nassert 1  # <-\n",
        "pass `2` instead of `1`, and don't pass `loud=True` to `send`",
        "-def tell(n): out.send(n, 1, loud=True)\n+def tell(n): out.send(n, 2)\n",
    ),
)  # fmt: skip

SYNTAX = (
    Case(
        "a missing colon",
        "SyntaxError: expected ':'",
        "--- a.py\ndef f(n)  # <-\n    return n\n",
        "add the missing `:` in line 1",
        "-def f(n)\n+def f(n):\n",
    ),
    Case(
        "a bracket that was never closed",
        "SyntaxError: '(' was never closed",
        "--- a.py\ndef f(n):\n    return max(n, (1 + 2)  # <-\n\n\nx = 1\n",
        "add the missing `)` in line 2",
        "-    return max(n, (1 + 2)\n+    return max(n, (1 + 2))\n",
    ),
    Case(
        "a bracket before the colon",
        "SyntaxError: '(' was never closed",
        "--- a.py\ndef f(n):\n    if len((n):  # <-\n        return 1\n",
        "add the missing `)` in line 2",
        "-    if len((n):\n+    if len((n)):\n",
    ),
    Case(
        "a bracket too many",
        "SyntaxError: unmatched ')'",
        "--- a.py\nx = (1 + 2))  # <-\n",
        "take out the `)` that is too many in line 1",
        "-x = (1 + 2))\n+x = (1 + 2)\n",
    ),
    Case(
        "a bracket of the wrong kind",
        "SyntaxError: closing parenthesis ')' does not match opening parenthesis '['",
        "--- a.py\nx = [1, 2)  # <-\n",
        "use `]` instead of `)` in line 1",
        "-x = [1, 2)\n+x = [1, 2]\n",
    ),
    Case(
        "a string that isn't closed",
        "SyntaxError: unterminated string literal (detected at line 2)",
        "--- a.py\ndef f():\n    return len('abc)  # <-\n",
        "close the string of line 2",
        "-    return len('abc)\n+    return len('abc')\n",
    ),
    Case(
        "a string that begins with one quote and ends with the other",
        "SyntaxError: unterminated string literal (detected at line 1)",
        "--- a.py\nx = ['abc\", 'd']  # <-\n",
        "close the string of line 1",
        "-x = ['abc\", 'd']\n+x = ['abc', 'd']\n",
    ),
    Case(
        "a docstring that isn't closed",
        "SyntaxError: unterminated triple-quoted string literal (detected at line 4)",
        '--- a.py\ndef f():\n    """Words.  # <-\n    return 1\n',
        "close the string of line 2",
        '-    """Words.\n+    """Words."""\n',
    ),
    Case(
        "a comma left out",
        "SyntaxError: invalid syntax. Perhaps you forgot a comma?",
        "--- a.py\nx = [1 2]  # <-\n",
        "add the missing `,` in line 1",
        "-x = [1 2]\n+x = [1 ,2]\n",
    ),
    Case(
        "a comparison with one sign",
        "SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
        "--- a.py\ndef f(n):\n    if n = 1:  # <-\n        return 2\n",
        "use `==` instead of `=` in line 2",
        "-    if n = 1:\n+    if n == 1:\n",
    ),
    Case(
        "a misspelt keyword",
        "SyntaxError: invalid syntax",
        "--- a.py\ndef f(n):\n    retrun n  # <-\n",
        "use `return` instead of `retrun`",
        "-    retrun n\n+    return n\n",
    ),
    Case(
        "a keyword of another language",
        "SyntaxError: expected ':'",
        "--- a.py\ndef f(n):\n    if n:\n        return 1\n    else if n is None:  # <-\n        return 2\n",
        "use `elif` instead of `else if`",
        "-    else if n is None:\n+    elif n is None:\n",
    ),
    Case(
        "print without parentheses",
        "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
        "--- a.py\ndef f(n):\n    print n, 2  # <-\n",
        "call `print` with parentheses",
        "-    print n, 2\n+    print(n, 2)\n",
    ),
    Case(
        "an exception caught as it was once written",
        "SyntaxError: multiple exception types must be parenthesized",
        "--- a.py\ntry:\n    f()\nexcept ValueError, e:  # <-\n    print(e)\n",
        "use `as` in `except`",
        "-except ValueError, e:\n+except ValueError as e:\n",
    ),
    Case(
        "markers of a merge conflict",
        "SyntaxError: invalid syntax",
        "--- a.py\ndef f():\n<<<<<<< HEAD  # <-\n    return 1\n=======\n    return 2\n>>>>>>> other\n",
        "keep this side of the merge conflict",
        "-<<<<<<< HEAD\n-=======\n-    return 2\n->>>>>>> other\n",
    ),
    Case(
        "a line that stands too far in",
        "IndentationError: unexpected indent",
        "--- a.py\ndef f(n):\n    m = n\n      return m  # <-\n",
        "move line 3 to column 5",
        "-      return m\n+    return m\n",
    ),
    Case(
        "a line between two levels",
        "IndentationError: unindent does not match any outer indentation level",
        "--- a.py\ndef f(n):\n    if n:\n        return 1\n   return 2  # <-\n",
        "move line 4 to column 5",
        "-   return 2\n+    return 2\n",
    ),
    Case(
        "a block that isn't indented",
        "IndentationError: expected an indented block after function definition on line 1",
        "--- a.py\ndef f(n):\nm = n  # <-\nreturn m\n\n\nx = 1\n",
        "indent lines 2 to 3",
        "-m = n\n-return m\n+    m = n\n+    return m\n",
    ),
    Case(
        "an empty block",
        "IndentationError: expected an indented block after function definition on line 1",
        "--- a.py\ndef f(n):\n\n\ndef g(): return 1  # <-\n",
        "put `pass` into the empty block of line 1",
        "+    pass\n",
        rank=1,
    ),
    Case(
        "tabs and spaces in one block",
        "TabError: inconsistent use of tabs and spaces in indentation",
        "--- a.py\ndef f(n):\n    m = n\n\treturn m  # <-\n",
        "indent with spaces only",
        "-\treturn m\n+    return m\n",
    ),
)

# What exists nowhere is not invented.
NOTHING = (
    ("NameError: name 'frobnicate' is not defined", "--- a.py\ndef f(n): return frobnicate(n)  # <-\n"),
    ("ImportError: cannot import name 'frobnicate' from 'b' (/w/b.py)",
     "--- a.py\nfrom b import frobnicate  # <-\n--- b.py\nx = 1\n"),
    ("ModuleNotFoundError: No module named 'frobnicate_nowhere'", "--- a.py\nimport frobnicate_nowhere  # <-\n"),
    ("AttributeError: 'A' object has no attribute 'frobnicate'", "--- a.py\nclass A: pass\nx = A().frobnicate  # <-\n"),
    ("AttributeError: 'NoneType' object has no attribute 'upper'", "--- a.py\ndef f(n): return n.uper()  # <-\n"),
    ("KeyError: 'frobnicate'", "--- a.py\nx = {'a': 1}['frobnicate']  # <-\n"),
    ("fixture 'frobnicate' not found", "--- test_a.py\ndef test(frobnicate): pass  # <-\n"),
    ("SyntaxError: invalid syntax", "--- a.py\nthis is no program at all, (and [never {was  # <-\n"),
    (
        "AssertionError: expected call not found.\nExpected: send('a')\n  Actual: send('b')",
        "--- a.py\ndef f(n): send(n)\n--- test_a.py\nassert 1  # <-\n",
    ),
    ("NameError: name 'gone' is not defined", "--- b.txt\nnothing  # <-\n--- a.py\nx = 1\n"),
)  # fmt: skip


def workspace(text: str, newline: str = "\n") -> tuple[Snapshot, Frame]:
    files: dict[str, bytes] = {}
    place = Frame("nowhere.py", 1, "f", True)
    for part in re.split(r"^--- ", text, flags=re.MULTILINE)[1:]:
        path, _, content = part.partition("\n")
        for number, line in enumerate(content.split("\n"), start=1):
            if line.endswith("# <-"):
                place = Frame(path, number, "f", True)
        files[path] = re.sub(r" *# <-$", "", content, flags=re.MULTILINE).replace("\n", newline).encode()
    return Snapshot(Path("/w"), {path: source_file(path, data) for path, data in files.items()}), place


def suggested(error: str, text: str, newline: str = "\n") -> tuple[Snapshot, Iterator[Aimed]]:
    snapshot, place = workspace(text, newline)
    exception = error.partition(":")[0]
    result = TestResult(
        "test_a.py::test",
        Outcome.FAILED,
        exception=exception if exception.isidentifier() else "_pytest.fixtures.FixtureLookupError",
        message=error,
        frames=(place,),
        defined_at=place,
    )
    cause = read_cause(result)
    assert cause is not None, error
    return snapshot, aimed_edits(cause, Sources(snapshot, build_index(snapshot)))


def changed_lines(snapshot: Snapshot, aimed: Aimed) -> str:
    diff = to_unified_diff(snapshot, aimed.change_set)
    lines = (line for line in diff.splitlines(keepends=True) if line[:1] in "+-")
    return "".join(line for line in lines if not re.match(r"(?:---|\+\+\+) (?:[ab]/|/dev)", line))


def check(case: Case) -> None:
    snapshot, edits = suggested(case.error, case.files)
    rows = list(islice(edits, case.rank + 1))
    assert len(rows) > case.rank, f"only {[row.summary for row in rows]}"
    aimed = rows[case.rank]
    assert (aimed.summary, changed_lines(snapshot, aimed)) == (case.summary, case.tried)
    assert touches_tests(aimed.change_set) is case.of_tests


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_tried_for_an_error(case: Case):
    check(case)


@pytest.mark.parametrize("case", SYNTAX, ids=lambda case: case.name)
def test_what_is_tried_for_a_file_that_is_no_python(case: Case):
    check(case)


@pytest.mark.parametrize(("error", "files"), NOTHING, ids=[error for error, _ in NOTHING])
def test_nothing_is_invented(error: str, files: str):
    _, edits = suggested(error, files)
    assert [edit.summary for edit in edits] == []


@pytest.mark.parametrize("case", (*CASES, *SYNTAX), ids=lambda case: case.name)
def test_line_ends_stay_as_they_are(case: Case):
    """The same edits in a file of another system, whose every line ends as before."""
    snapshot, edits = suggested(case.error, case.files, "\r\n")
    aimed = list(islice(edits, case.rank + 1))[-1]
    assert aimed.summary == case.summary
    for change in aimed.change_set.changes:
        file = snapshot.files.get(change.path)
        for edit in getattr(change, "edits", ()) if file is not None and file.size else ():
            assert "\n" not in edit.new_text.replace("\r\n", ""), edit
