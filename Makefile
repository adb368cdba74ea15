# `make demo` and `make test` set up whatever they need, once, and then run.
VENV ?= .venv
export VENV PYTHON
BIN := $(VENV)/bin

# The environment has a ROS 2 of its own. What a sourced distribution puts into the shell would mix the two.
unexport AMENT_PREFIX_PATH AMENT_CURRENT_PREFIX CMAKE_PREFIX_PATH COLCON_PREFIX_PATH
unexport ROS_DISTRO ROS_VERSION ROS_PYTHON_VERSION RMW_IMPLEMENTATION _ROS_WHEELS_BOOTSTRAP_COMPLETE
ifneq ($(ROS_DISTRO)$(AMENT_PREFIX_PATH),)
unexport PYTHONPATH LD_LIBRARY_PATH
endif

.DEFAULT_GOAL := help
.PHONY: help env demo test lint format clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

env: ## make the Python environment in .venv, once; again only when what it is made from changes
	@bash scripts/environment.sh

demo: env ## say sentences to the real nodes about the frame that comes along; pictures go to out/demo
	@$(BIN)/drop-clip demo --out out/demo

test: lint ## lint, types and all tests
	$(BIN)/pytest

lint: env ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: env ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and everything made
	rm -rf $(VENV) out build *.egg-info .pytest_cache .mypy_cache .ruff_cache
