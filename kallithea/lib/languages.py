"""The languages that endings of file names stand for, as far as an ending says it."""

from __future__ import annotations

from collections.abc import Mapping

_ENDINGS = {
    "Assembly": ".asm .s", "C": ".c .h", "C#": ".cs", "C++": ".cc .cpp .cxx .hh .hpp .hxx", "CMake": ".cmake",
    "CSS": ".css .less .sass .scss", "Clojure": ".clj .cljs", "Common Lisp": ".lisp", "D": ".d", "Dart": ".dart",
    "Dockerfile": "dockerfile .dockerfile", "Elixir": ".ex .exs", "Elm": ".elm", "Emacs Lisp": ".el", "Erlang": ".erl",
    "F#": ".fs .fsx", "Fortran": ".f .f90 .f95 .for", "Go": ".go", "Groovy": ".gradle .groovy", "HTML": ".htm .html .xhtml",
    "Haskell": ".hs .lhs", "INI": ".cfg .ini", "JSON": ".json", "Java": ".java", "JavaScript": ".cjs .js .jsx .mjs",
    "Jinja": ".j2 .jinja .jinja2", "Julia": ".jl", "Kotlin": ".kt .kts", "Lua": ".lua", "Makefile": "makefile .mak .mk",
    "Mako": ".mako", "Markdown": ".markdown .md", "Meson": ".meson", "Nim": ".nim", "Nix": ".nix", "OCaml": ".ml .mli",
    "Objective-C": ".m .mm", "PHP": ".php .phtml", "Pascal": ".dpr .pas .pp", "Perl": ".pl .pm", "PowerShell": ".ps1 .psm1",
    "Protocol Buffers": ".proto", "Python": ".py .pyi .pyx", "QML": ".qml", "R": ".r", "Ruby": ".erb .rb gemfile rakefile",
    "Rust": ".rs", "SQL": ".sql", "Scala": ".sc .scala", "Scheme": ".scm", "Shell": ".bash .ksh .sh .zsh", "Svelte": ".svelte",
    "Swift": ".swift", "TOML": ".toml", "Tcl": ".tcl", "TeX": ".cls .sty .tex", "Text": ".txt", "Translations": ".po .pot",
    "TypeScript": ".cts .mts .ts .tsx", "VHDL": ".vhd .vhdl", "Verilog": ".sv .v", "Vim script": ".vim",
    "Visual Basic": ".bas .vb", "Vue": ".vue", "XML": ".xml .xsd .xsl .xslt",
    "YAML": ".yaml .yml", "Zig": ".zig", "reStructuredText": ".rest .rst",
}  # fmt: skip

LANGUAGES: Mapping[str, str] = {ending: name for name, endings in _ENDINGS.items() for ending in endings.split()}
"""By ending, in lower case and with its dot, or by a whole name."""
