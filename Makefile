.PHONY: setup check test demo rehearse bench

setup: ; @scripts/setup dev
check: ; @scripts/check
test: ; @scripts/test
demo: ; @scripts/setup run && .venv/bin/python -m bot demo
rehearse: ; @scripts/setup run && for way in $(or $(BY),""); do .venv/bin/python -m simulator rehearse $${way:+--by $$way} || exit; done
bench: ; @scripts/bench --write
