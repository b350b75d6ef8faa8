.PHONY: setup check test demo rehearse bench

setup: ; @scripts/setup dev
check: ; @scripts/check
test: ; @scripts/test
demo: ; @scripts/setup run && .venv/bin/python -m bot demo
rehearse: ; @scripts/setup run && .venv/bin/python -m simulator rehearse
bench: ; @scripts/bench --write
