# The verbs of the project, thin over the command line: `make help` lists them.
# What a target needs (Python packages, a few Debian packages) it installs; only cargo has to be there.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

export PATH := $(PATH):$(HOME)/.cargo/bin

# Passed on to a run.
DATA ?=
DATA_DIR ?=
JOBS ?=
SEED ?=
SCALE ?=
# Simulated pumps of `pump-seeds`.
SEEDS ?= 20
# Passed on to the server; its API keys come from API_KEY or GAUNTLET_API_KEY.
HOST ?= 127.0.0.1
PORT ?= 8000
API_KEY ?= $(GAUNTLET_API_KEY)
# How long the tests last that `make test` leaves out.
SOAK_SECONDS ?= 600
FUZZ_SECONDS ?= 1200

# A folder of real datasets, for the tests: without one they say what they skip.
GAUNTLET_REAL_DATA ?= $(if $(wildcard ../shared/data),$(abspath ../shared/data))
ifneq ($(GAUNTLET_REAL_DATA),)
export GAUNTLET_REAL_DATA
else
unexport GAUNTLET_REAL_DATA
endif

target := $(abspath $(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target))
debug := $(target)/debug
gauntlet := $(debug)/gauntlet
serve := $(debug)/gauntlet-serve
release_serve := $(target)/release/gauntlet-serve
run_flags := $(if $(DATA),--data '$(DATA)') $(if $(DATA_DIR),--data-dir '$(DATA_DIR)') \
	$(if $(JOBS),--jobs '$(JOBS)') $(if $(SEED),--seed '$(SEED)')

# Small runs that the checks share, on real data only where there is some.
checks := $(target)/checks
cases := $(checks)/cases
quick_runs := $(checks)/simulated/done $(if $(GAUNTLET_REAL_DATA),$(checks)/real/done)
quick_needs := $(gauntlet) checks/quick_run.py pipelines/ai4i.toml datasets/ai4i2020/dataset.toml
say_data := echo '$(if $(GAUNTLET_REAL_DATA),real data: $(GAUNTLET_REAL_DATA),skipped on real data: \
	there is no ../shared/data, and GAUNTLET_REAL_DATA does not name another folder)'

.PHONY: help
help: ## List what can be made
	@echo 'make TARGET, with DATA=auto|real|simulated DATA_DIR= JOBS= SEED= for runs, HOST= PORT= API_KEY= for serve,'
	@echo 'SOAK_SECONDS= for soak, FUZZ_SECONDS= for fuzz-serve'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- running

.PHONY: classification-gauntlet
classification-gauntlet: build ## Train, judge and register models of AI4I 2020 machine failures
	$(gauntlet) run pipelines/ai4i.toml $(run_flags)

.PHONY: vibration-gauntlet
vibration-gauntlet: build ## Find the onset of damage in the NASA IMS bearings, name the fault; SCALE= of simulated recordings
	$(gauntlet) run pipelines/vibration.toml $(run_flags) $(if $(SCALE),--scale '$(SCALE)')

.PHONY: xjtu-gauntlet
xjtu-gauntlet: build ## Onset and remaining useful life of the XJTU-SY bearings, each left out once; SCALE= as above
	$(gauntlet) run pipelines/xjtu.toml $(run_flags) $(if $(SCALE),--scale '$(SCALE)')

.PHONY: femto
femto: build ## The same code on FEMTO's bearings: a demonstration of the onset, on real data only
	$(gauntlet) run pipelines/femto.toml --data real $(if $(DATA_DIR),--data-dir '$(DATA_DIR)')

.PHONY: audio-gauntlet
audio-gauntlet: build ## Anomalies in the sound of MIMII's machines, learned from normal clips; SCALE=0.02 of the published clips
	$(gauntlet) run pipelines/audio.toml $(run_flags) $(if $(SCALE),--scale '$(SCALE)')

.PHONY: pump-gauntlet
pump-gauntlet: build ## Foresee failures of a pump: train, judge by event, register; DATA=real DATA_DIR= for the real table
	$(gauntlet) run pipelines/pump.toml $(run_flags)

.PHONY: trap
trap: build ## Show the famous flattering number beside the honest one; registers nothing
	$(gauntlet) run pipelines/ai4i.toml --trap $(run_flags)

.PHONY: audio-trap
audio-trap: build ## The same of sound: a supervised forest on a random split, and on a machine that it never heard
	$(gauntlet) run pipelines/audio.toml --trap $(run_flags) $(if $(SCALE),--scale '$(SCALE)')

.PHONY: report
report: build ## Print the last run's report again, and write its card and plots
	$(gauntlet) report pipelines/ai4i.toml

.PHONY: serve
serve: export GAUNTLET_API_KEY := $(API_KEY)
serve: $(release_serve) ## Answer over HTTP with every champion, real or simulated, and say which
	exec $(release_serve) --registry registry --host '$(HOST)' --port '$(PORT)' $(if $(API_KEY),,--anonymous)

.PHONY: registry
registry: build ## Serve the registry: MLflow's REST interface and web pages, on http://127.0.0.1:5000
	exec $(gauntlet) registry serve

.PHONY: serve-smoke
serve-smoke: build | python ## Start the server, send it the guide's request in each protocol, print the answers, stop
	python3 checks/serve_smoke.py $(serve) registry

# ---- building

.PHONY: build
build: | tools ## Build the command line and the server (dev profile, numeric crates optimised)
	cargo build

.PHONY: serve-binary
serve-binary: $(release_serve) ## Build the server that is deployed: one optimised, stripped binary

.PHONY: size
size: $(release_serve) ## Size of the server that is deployed
	@printf '%s: %s bytes\n' '$(release_serve)' "$$(stat -c %s '$(release_serve)')"

.PHONY: bench-registry
bench-registry: build .venv/mlflow/installed | wrk ## Our registry server beside MLflow's, on the same data; writes docs/benchmarks/registry.md
	.venv/mlflow/bin/python bench/registry/bench.py $(gauntlet) .venv/mlflow/bin/mlflow \
		$(checks)/bench-registry --markdown docs/benchmarks/registry.md

.PHONY: bench-learners
bench-learners: .venv/bench/installed | tools ## Our tree engine beside its peers, on the same data; writes docs/benchmarks/learners.md
	cargo build --release --package gauntlet-learn --example learners
	cargo build --release --manifest-path bench/learners/ort/Cargo.toml --target-dir $(target)/bench-ort
	.venv/bench/bin/python bench/learners/bench.py $(target)/release/examples/learners \
		$(target)/bench-ort/release/bench-ort $(checks)/bench-learners --markdown docs/benchmarks/learners.md

.PHONY: bench-vibration
bench-vibration: build .venv/vibration/installed ## Parsing and features of a snapshot beside pandas, numpy and scipy, one thread each; and one core beside two
	cargo build --release --package gauntlet-features --example vibration_features
	.venv/vibration/bin/python bench/features/vibration.py $(target)/release/examples/vibration_features
ifneq ($(GAUNTLET_REAL_DATA),)
	cargo build --release --package gauntlet-data --example parse_snapshots
	.venv/vibration/bin/python bench/vibration/parse.py $(target)/release/examples/parse_snapshots $(GAUNTLET_REAL_DATA)
	.venv/vibration/bin/python bench/vibration/cores.py $(gauntlet) \
		$(GAUNTLET_REAL_DATA)/ims/2nd_test/2004.02.12.10.32.39
else
	@$(say_data)
endif

.PHONY: bench-audio
bench-audio: .venv/audio/installed | tools ## Reading and log-mel of a clip beside librosa, one thread each
	cargo build --release --package gauntlet-features --example audio_features
	.venv/audio/bin/python bench/features/audio.py $(target)/release/examples/audio_features

.PHONY: bench-serving
bench-serving: $(release_serve) .venv/serving/installed .venv/mlserver/installed | wrk ## The server beside Python's, on the same champion; writes docs/benchmarks/serving.md (QUICK=1: only shows that it runs)
	.venv/serving/bin/python bench/serving/bench.py $(release_serve) registry $(checks)/bench-serving \
		--mlserver .venv/mlserver/bin $(if $(QUICK),--quick,--markdown docs/benchmarks/serving.md)

.PHONY: bench-pump
bench-pump: build .venv/pump/installed ## Loading and window features of the pump table beside pandas; writes docs/benchmarks/pump.md
	cargo build --release --package gauntlet-data --example pump_features
	$(gauntlet) --quiet data simulate pump
	.venv/pump/bin/python bench/pump/bench.py $(target)/release/examples/pump_features datasets/pump/dataset.toml \
		datasets/pump/simulated/sensor.csv --markdown docs/benchmarks/pump.md

.PHONY: pump-seeds
pump-seeds: build | python ## SEEDS simulated pumps: no method beats the known ceiling plus chance; writes docs/benchmarks/pump.md
	python3 checks/pump_seeds.py $(gauntlet) $(checks)/pump-seeds --seeds '$(SEEDS)' --jobs 2 \
		--markdown docs/benchmarks/pump.md

.PHONY: clean
clean: ## Remove what was built and installed here; data, registry and reports stay
	cargo clean
	rm -rf .venv work dvc_plots

# ---- testing

tests := lint test-rust deps test-evaluation test-features test-gauntlets test-onnx test-foreign test-mlflow test-serve \
	test-clients test-sources test-faults test-confined test-registry test-pages test-dvc

.PHONY: test
test: ## All tests: the Rust ones, and those with real servers and tools
	@spent=; failed=0; \
	for test in $(tests); do \
		printf '\n==== %s\n' "$$test"; \
		start=$$SECONDS; word=passed; \
		$(MAKE) --no-print-directory "$$test" || { word=FAILED; failed=1; }; \
		spent+="$$(printf '%6d s  %-16s %s' $$((SECONDS - start)) "$$test" $$word)\n"; \
	done; \
	printf '\n==== all\n%b' "$$spent"; \
	exit $$failed

.PHONY: lint
lint: .venv/shell/installed | tools ## Formatting, clippy and doc warnings, shell scripts, the Containerfile
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	.venv/shell/bin/shellcheck .ci/run checks/*.sh
	.venv/shell/bin/hadolint crates/serve/deploy/Containerfile

.PHONY: test-rust
test-rust: .venv/mlflow/installed | tools postgres ## Rust tests, with cargo-nextest if it is there, beside PostgreSQL and MLflow
	@$(say_data)
	python3 checks/registry/with_services.py $(checks)/services --mlflow .venv/mlflow/bin/python -- \
		bash -euc 'if cargo nextest --version >/dev/null 2>&1; then \
			cargo nextest run --workspace --no-fail-fast && cargo test --workspace --doc; \
		else \
			cargo test --workspace --no-fail-fast; \
		fi'

.PHONY: deps
deps: | tools python ## What each crate must never link, it does not link
	python3 checks/never_links.py

.PHONY: test-evaluation
test-evaluation: $(gauntlet) .venv/evaluation/installed ## Metrics, intervals and splitters answer what scikit-learn, scipy and statsmodels do
	.venv/evaluation/bin/python checks/evaluation.py compare $(debug)/examples/evaluation_cases \
		crates/learn/tests/evaluation/reference.json

.PHONY: test-features
test-features: $(gauntlet) .venv/features/installed .venv/audio/installed ## Signal features answer what numpy, scipy and librosa do
	@$(say_data)
	.venv/features/bin/python checks/features/reference.py check crates/features/tests/vibration_reference.csv
	.venv/audio/bin/python checks/features/audio_reference.py check crates/features/tests/audio_reference.csv
	.venv/audio/bin/python checks/features/audio_reference.py compare $(debug)/examples/audio_answers \
		$(if $(GAUNTLET_REAL_DATA),$(GAUNTLET_REAL_DATA)/mimii)

.PHONY: test-gauntlets
test-gauntlets: $(gauntlet) .venv/mlflow/installed ## Small runs on simulated sound and vibration: onnxruntime answers every bundle, the server WAV files as they were judged
	python3 checks/quick_run.py $(gauntlet) pipelines/audio.toml $(checks)/audio --data simulated --scale 30:8 \
		--smaller least_clips=8 epochs=5 replicates=300
	python3 checks/quick_run.py $(gauntlet) pipelines/vibration.toml $(checks)/vibration --data simulated \
		--scale 12:1024 --smaller trees=20
	MLFLOW_TRACKING_URI=file://$(checks)/mlruns MLFLOW_LOGGING_LEVEL=ERROR \
		.venv/mlflow/bin/python crates/bundle/tests/mlflow_opens.py $(foreach run,audio vibration,$(checks)/$(run)/work/*/judge/bundles/*)
	python3 checks/sound_answers.py $(serve) $(checks)/audio
	rm -rf $(checks)/audio/datasets/mimii/simulated

.PHONY: test-onnx
test-onnx: $(quick_runs) $(cases)/done .venv/mlflow/installed ## onnxruntime answers every exported graph as our engine does
	@$(say_data)
	for cases in $(cases) $(foreach run,$(quick_runs),$(dir $(run))work/*/train/*/); do \
		.venv/mlflow/bin/python crates/bundle/tests/onnxruntime_parity.py "$$cases"; \
	done
	.venv/mlflow/bin/python crates/bundle/tests/onnx_traps.py $(cases) \
		$(foreach run,$(quick_runs),$(dir $(run))work)

.PHONY: test-foreign
test-foreign: $(gauntlet) .venv/mlflow/installed ## Models of scikit-learn, PyTorch and MLflow are answered as onnxruntime answers them
	.venv/mlflow/bin/python crates/bundle/tests/foreign_models.py $(debug)/examples/foreign_answers $(checks)/foreign

.PHONY: test-mlflow
test-mlflow: export MLFLOW_TRACKING_URI := file://$(checks)/mlruns
# Not that it was saved under another Python: a bundle holds no code.
test-mlflow: export MLFLOW_LOGGING_LEVEL := ERROR
test-mlflow: $(quick_runs) $(cases)/done .venv/mlflow/installed ## MLflow opens every bundle and answers the guide's row as our server does
	@$(say_data)
	.venv/mlflow/bin/python crates/bundle/tests/mlflow_opens.py $(cases)/bundles/* \
		$(foreach run,$(quick_runs),$(dir $(run))work/*/judge/bundles/*)
	.venv/mlflow/bin/python checks/mlflow_guide.py $(serve) $(dir $(quick_runs))

.PHONY: test-serve
test-serve: $(quick_runs) | python ## The server answers what a run registered, and refuses what does not fit
	@$(say_data)
	python3 checks/serve_answers.py $(serve) $(dir $(quick_runs))

.PHONY: test-clients
test-clients: export MLFLOW_LOGGING_LEVEL := ERROR
test-clients: $(firstword $(quick_runs)) .venv/mlflow/installed ## Clients of others and the documents' examples, with MLflow's own scoring server beside ours
	.venv/mlflow/bin/python checks/serve/clients.py $(serve) $(dir $(firstword $(quick_runs))) $(checks)/clients

.PHONY: test-sources
test-sources: export MLFLOW_LOGGING_LEVEL := ERROR
test-sources: $(gauntlet) .venv/mlflow/installed ## The server follows a real MLflow, with a model that Python's mlflow.onnx logged
	.venv/mlflow/bin/python checks/serve/sources.py $(serve) $(checks)/sources

.PHONY: test-confined
test-confined: $(firstword $(quick_runs)) | python ## The server as user 65532 on a read-only tree
	python3 checks/serve/confined.py $(serve) $(dir $(firstword $(quick_runs)))registry

.PHONY: test-faults
test-faults: $(firstword $(quick_runs)) .venv/dvc/installed | python ## The server outlives a lost registry, S3 or disk, damaged bundles, hostile clients, and its operators
	python3 checks/serve/faults.py $(serve) $(gauntlet) $(dir $(firstword $(quick_runs))) $(checks)/faults \
		--moto .venv/dvc/bin/moto_server

# Parts that mostly wait for one another's processes: two at a time.
registry_parts := clients-of-ours clients-of-mlflow databases moves runs answers kills

.PHONY: test-registry
test-registry: $(gauntlet) .venv/mlflow/installed .venv/mlflow2/installed .venv/dvc/installed | postgres ## Our registry server against MLflow's own: clients, databases, answers
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target --keep-going $(registry_parts:%=registry-%)

registry_check = .venv/mlflow/bin/python checks/registry/$(1) --logs $(checks)/registry/$(@:registry-%=%)

.PHONY: $(registry_parts:%=registry-%)
registry-clients-of-mlflow:
	$(call registry_check,backends.py real --only sqlite-local)
registry-clients-of-ours:
	$(call registry_check,backends.py ours --gauntlet $(gauntlet))
registry-answers:
	$(call registry_check,differential.py --replay registry/compat/mlflow-3.17.2.json.gz --gauntlet $(gauntlet))
registry-databases:
	$(call registry_check,databases.py --gauntlet $(gauntlet))
registry-moves:
	$(call registry_check,move.py --gauntlet $(gauntlet))
registry-runs:
	python3 checks/registry_run.py $(gauntlet) $(checks)/registry/runs --python .venv/mlflow/bin/python --moto .venv/dvc/bin/moto_server
registry-kills:
	python3 checks/registry/killed.py $(gauntlet) $(checks)/killed

.PHONY: test-pages
test-pages: $(quick_runs) | browser python ## The registry's pages in headless Chromium
	python3 checks/registry/pages.py $(gauntlet) $(dir $(firstword $(quick_runs))) $(checks)/pages

.PHONY: test-dvc
test-dvc: $(gauntlet) .venv/dvc/installed | git ## DVC runs the stages, compares runs, and keeps results in S3
	.venv/dvc/bin/python checks/dvc_pipeline.py $(gauntlet) pipelines/ai4i.toml $(checks)/dvc

# ---- testing for long

.PHONY: soak
soak: $(release_serve) $(firstword $(quick_runs)) .venv/mlflow/installed | wrk ## SOAK_SECONDS of load on the server while its champion is swapped: no failure, no mixed answer
	.venv/mlflow/bin/python checks/serve/soak.py $(release_serve) $(dir $(firstword $(quick_runs))) $(checks)/soak \
		--seconds '$(SOAK_SECONDS)'

.PHONY: fuzz-serve
fuzz-serve: export GAUNTLET_FUZZ_SECONDS := $(FUZZ_SECONDS)
# About as many models as the other parts take time for.
fuzz-serve: export GAUNTLET_FUZZ_CASES := $(shell expr '$(FUZZ_SECONDS)' '*' 20)
fuzz-serve: $(gauntlet) $(firstword $(quick_runs)) .venv/fuzz/installed ## FUZZ_SECONDS each of hostile bundles and models, bodies, and requests made from the OpenAPI document
	cargo test --package gauntlet-bundle --test attacks --test foreign_hostile
	cargo test --package gauntlet-serve --bin gauntlet-serve fuzz
	python3 checks/serve/schemathesis_run.py $(serve) $(dir $(firstword $(quick_runs)))registry $(checks)/fuzz \
		--schemathesis .venv/fuzz/bin/schemathesis --seconds '$(FUZZ_SECONDS)'

# ---- what the targets above need

# The binaries as the Rust tests build them, so that one run of `make test` builds them once.
$(gauntlet): FORCE | tools
	cargo build --workspace --bins --examples

$(release_serve): FORCE | tools
	cargo build --release --package gauntlet-serve

$(checks)/simulated/done: $(quick_needs) | python
	python3 checks/quick_run.py $(gauntlet) pipelines/ai4i.toml $(@D) --data simulated
	touch $@

$(checks)/real/done: $(quick_needs) | python
	python3 checks/quick_run.py $(gauntlet) pipelines/ai4i.toml $(@D) --data real --data-dir '$(GAUNTLET_REAL_DATA)'
	touch $@

# Graphs and bundles that together use every operator, and a model of every kind.
$(cases)/done: $(gauntlet)
	rm -rf $(cases)
	$(debug)/examples/parity_cases $(cases)
	$(debug)/examples/model_cases $(cases)
	touch $@

.venv/serving/installed: checks/requirements-mlflow.txt

.venv/%/installed: checks/requirements-%.txt | python
	rm -rf .venv/$*
	python3 -m venv .venv/$*
	.venv/$*/bin/pip install --quiet --disable-pip-version-check --no-compile --requirement $<
	touch $@

.PHONY: tools python git postgres browser wrk
tools:
	@checks/system.sh cargo cc
python:
	@checks/system.sh python
git:
	@checks/system.sh git
postgres:
	@checks/system.sh python postgres
browser:
	@checks/system.sh browser
wrk:
	@checks/system.sh wrk

.PHONY: FORCE
FORCE:
