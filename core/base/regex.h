// Regular expressions of configurations: RE2's syntax, whose matching takes time in proportion to
// the text, whatever the expression (https://github.com/google/re2/wiki/Syntax).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <re2/re2.h>
#include <re2/set.h>

namespace limpet {

// Null when it is none, or too large once compiled; `problem`, if given, then says what is wrong.
std::shared_ptr<const RE2> compile_regex(std::string_view pattern, std::string* problem = nullptr);

// One automaton over them all, for whole texts; null when it is too large.
std::unique_ptr<RE2::Set> compile_regex_set(std::span<const RE2* const> expressions);

}  // namespace limpet
