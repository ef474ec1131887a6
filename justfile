# The commands that CI runs (.ci/run), by name. `just` alone lists them.

_list:
    @just --list

# Formatting
fmt:
    cargo fmt --all --check

# Lints
clippy:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Arrows between the layers
layers:
    cargo xtask layers

# Bans, licences and sources of the dependencies
deny:
    scripts/install-cargo-deny
    cargo fetch --locked
    cargo deny --offline check --hide-inclusion-graph bans licenses sources

# schema.graphql against the server's schema; `just schema --write` updates it
schema *arguments:
    cargo xtask schema {{ arguments }}

# Every test, on SQLite and PostgreSQL
test *arguments:
    scripts/test {{ arguments }}

# The same with the long runs
test-full *arguments:
    scripts/test --full {{ arguments }}

# A server with sample data
demo *arguments:
    cargo run --release --locked --package nexusflow-server --bin nexusflow -- demo {{ arguments }}

# Benchmarks
bench *arguments:
    cargo xtask bench {{ arguments }}

# Harm to servers under load
faults *arguments:
    cargo xtask faults {{ arguments }}

# All that CI runs
ci:
    .ci/run
