# The habits of this project. `make demo` and `make test` set up everything they need.

PY := .venv/bin/python
# Most tests wait for other processes most of their time.
SIDE_BY_SIDE := -n auto --maxprocesses 4

.PHONY: demo test slow editors check bench bench-real bench-server bench-saving bench-warm bench-affected bench-machines bench-repair bench-speed bench-injected bench-localisation bench-naturalness bench-bugsinpy soak fmt clean

demo: .venv/.ready
	$(PY) examples/demo.py

test: .venv/.ready
	$(PY) -m pytest $(SIDE_BY_SIDE) -m "not soak and not editors and not slow"

# Whole repairs of many kinds, on the command line and over the protocol.
slow: .venv/.ready
	$(PY) -m pytest $(SIDE_BY_SIDE) -m "slow and not soak"

# The same main job in real editors: VS Code's server with a browser, Neovim, Emacs. What is missing is skipped, by name.
editors: .venv/.ready
	-./scripts/prepare-neovim
	-./scripts/prepare-vscode
	$(PY) -m pytest -m editors

check: .venv/.ready
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m pyright

bench: bench-real bench-server bench-warm bench-machines

bench-real: .venv/.ready
	$(PY) -m bench.real.run

bench-server: .venv/.ready
	$(PY) -m bench.server.run

bench-warm: .venv/.ready
	$(PY) -m bench.warm.run

# From saving a file to the diagnostics that follow from it, beside plain pytest.
bench-saving: .venv/.ready
	$(PY) -m bench.server.saving

# Beside pytest-testmon, over the history of a library of which REPOSITORY is a git clone.
bench-affected: .venv/.ready
	$(PY) -m bench.affected.run --repository "$(REPOSITORY)"

bench-machines: .venv/.ready
	$(PY) -m bench.machines.run

# Published bugs of one function, with the data sets in DATA (bench/repair/README.md says how they lie there).
bench-repair: .venv/.ready
	$(PY) -m bench.repair.run --set quixbugs --data "$(DATA)/QuixBugs"
	$(PY) -m bench.repair.run --set humanevalfix --data "$(DATA)"
	$(PY) -m bench.repair.run --set refactory --data "$(DATA)/refactory"

# Candidates a second of processor time, beside mutation testers.
bench-speed: .venv/.ready
	$(PY) -m bench.repair.speed

# Bugs of three projects of BugsInPy, with it and clones of the projects in DATA (bench/bugsinpy/README.md).
bench-bugsinpy: .venv/.ready
	$(PY) -m bench.bugsinpy.run --data "$(DATA)"

# Bugs of a seeded mutator in libraries with suites of their own.
bench-injected: .venv/.ready
	$(PY) -m bench.injected.run

# Where the true statement stands among the suspects, by formula and sign; DATA as for bench-repair.
bench-localisation: .venv/.ready
	$(PY) -m bench.localisation.run --data "$(DATA)"

# Whether edits that read like the rest of a program should come first; DATA as above.
bench-naturalness: .venv/.ready
	$(PY) -m bench.naturalness.run --data "$(DATA)"

soak: .venv/.ready
	$(PY) -m bench.soak

fmt: .venv/.ready
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

clean:
	rm -rf .venv .demo .bench dist build .pytest_cache .ruff_cache .hypothesis

.venv/.ready: pyproject.toml constraints.txt scripts/prepare
	./scripts/prepare
