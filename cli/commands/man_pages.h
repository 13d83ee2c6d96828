// Man pages, made of what --help is made of. Pure.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace limpet::cli {

struct ManPage {
  std::string file;  // "gwctl-nodes-adopt.1"
  std::string text;
};

// Of gwctl and of every verb, at any depth.
std::vector<ManPage> man_pages(const CLI::App& gwctl, const std::string& version);

}  // namespace limpet::cli
