# Everything runs in .venv, made from the hashed requirements by bin/environment.
.PHONY: help run dev test test-browser test-long faults bench phone lighthouse screenshots lint format lock admin environment

# PORT and ARGS come from make's command line or the environment, and reach the recipes by themselves.
PYTHON = .venv/bin/python
# For looking at the production settings, which take nothing for granted.
PRODUCTION = env DJANGO_SETTINGS_MODULE=earthcode.settings.production DATABASE_URL=postgresql://user@localhost/name \
	SECRET_KEY=SnlZ8cVYwCnYTKGXBJgYVtuxcBp5qIYuZbOTOXDKzVjeJkk4CZ7U5ZzZ2L1n ALLOWED_HOSTS=portal.example.org \
	BASE_URL=https://portal.example.org EMAIL_URL=smtp+tls://mail.example.org:587

help: ## Say what can be made (the default)
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf 'make %-13s %s\n' "$$name" "$$what"; done

run: ## Serve the portal on 127.0.0.1:8000, or PORT=
	@bin/environment requirements.txt
	@exec $(PYTHON) manage.py run_portal --end-with-parent

admin: ## Give the account admin a new password and print it
	@bin/environment requirements.txt
	@exec $(PYTHON) manage.py reset_admin

dev: environment ## Serve for development: autoreload and debug pages, at PORT=
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py seed_content
	@exec $(PYTHON) manage.py runserver 127.0.0.1:$${PORT:-8000}

test: environment ## Run all tests that need no browser; ARGS= for pytest, as in ARGS="tests/events -k feed"
	@exec $(PYTHON) -m pytest --numprocesses 2 -m "not browser" $(ARGS)

test-browser: environment ## Run the tests in Chromium: accessibility, weight, what visitors and editors do; ARGS= as above
	@exec $(PYTHON) -m pytest --numprocesses 2 -m browser $(ARGS)

faults: environment ## Break what the portal stands on and say what visitors see (4 minutes); ARGS=--quick, or scenes
	@exec $(PYTHON) -m tests.faults $(ARGS)

test-long: environment ## Play 500 random sequences of feeds, imports and editors; ARGS="--seed 42" plays one again
	@exec $(PYTHON) -m tests.scenarios $(ARGS)

bench: environment ## Measure pages and imports for docs/performance.md; ARGS=pages or imports
	@exec $(PYTHON) -m tests.bench $(ARGS)

phone: environment ## Measure when a slow phone paints pages; PORTAL= names a portal that runs, as for the next two
	@exec $(PYTHON) -m tests.tools.phone

lighthouse: environment ## Have Lighthouse (from npm) judge six kinds of pages
	@exec $(PYTHON) -m tests.tools.lighthouse

screenshots: environment ## Take pictures of all kinds of pages into var/screenshots/
	@exec $(PYTHON) -m tests.tools.screenshots

lint: environment ## Check style, types, templates, migrations and the production settings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m djlint --quiet --lint templates
	$(PYTHON) -m mypy
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

format: environment ## Put the code into the style that lint asks for
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lock: environment ## Choose new versions for what pyproject.toml asks for
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-header --upgrade \
		--output-file requirements.txt pyproject.toml
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-header --upgrade \
		--constraint requirements.txt --group dev --output-file requirements-dev.txt pyproject.toml

environment:
	@bin/environment requirements-dev.txt
