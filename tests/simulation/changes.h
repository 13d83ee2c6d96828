// What operators and endpoints do to a configuration, at random.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/simulation/facts.h"

namespace limpet::simulation {

// A number below the one given.
using Draw = std::function<size_t(size_t)>;

// Of rules with sessions of their own, "/p0" and so on, where there are any: more than a token has
// room for, with the others.
constexpr size_t kSingleRules = 9;

Config first_config(const Draw& draw);

// One change, in words; empty: it came to nothing.
std::string change(Config& config, const Draw& draw);

}  // namespace limpet::simulation
