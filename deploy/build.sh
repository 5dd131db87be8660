# Sourced by test.sh and demo.sh: set-up and build of one preset, from any current directory.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# build_tree PRESET [cmake options] [--target NAME ...]: configures and builds, all or the targets; -D options replace
# what an earlier run had chosen.
build_tree() {
    local preset=$1
    local options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != --target ]; do
        options+=("$1")
        shift
    done
    bash "$root/deploy/setup.sh"
    if command -v ccache >/dev/null; then
        options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    (
        cd "$root"
        echo "== configure ($preset)"
        mkdir -p "build/$preset"
        if ! cmake --preset "$preset" "${options[@]}" >"build/$preset/configure.log" 2>&1; then
            cat "build/$preset/configure.log" >&2
            echo "build: cmake could not configure the tree; its messages are above" >&2
            exit 1
        fi
        echo "== build ($preset)"
        cmake --build --preset "$preset" "$@"
    )
}
