# Everything a person types. Each target does its own set-up.
.PHONY: run test lint soak prove rolling bench
.DEFAULT_GOAL := run

# $$PPID is this make: if it is killed, the launcher stops everything too.
run:
	@sh launcher/prepare.sh requirements.txt
	@exec .venv/bin/python -m launcher run --parent $$PPID

# make test ARGS="-k name"
test:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m launcher test $(ARGS)

lint:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m launcher lint

# make soak MINUTES=15 SEED=7 CONVERSATIONS=200 RATE=20: faults at random, see docs.
soak:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m tests.soak

# Take each guarantee away, one at a time: a test must notice it.
prove:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m tests.guarantees

# A restart of everything, one process after the other, while people talk: fails
# when anybody sees an error or a message takes longer than two seconds.
rolling:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m tests.rolling

# make bench ONLY=callbacks,delays ROUNDS=3 SECONDS=5: figures, see docs.
bench:
	@sh launcher/prepare.sh requirements-dev.txt
	@exec .venv/bin/python -m benchmarks
