// What get and describe show: objects by name, or all of some kinds.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/resource_args.h"
#include "cli/commands/session.h"

namespace limpet::cli {

struct Selection {
  std::vector<std::string> words;  // KIND[,KIND...] [NAME...], or KIND/NAME...
  std::string ns = kDefaultNamespace;
  bool all_namespaces = false;
  std::string labels;  // a label selector; empty: all
};

void add_selection_flags(CLI::App& verb, Selection& selection);

struct Fetched {
  std::vector<v1::Resource> resources;  // by kind, then in the server's or the words' order
  bool one_by_name = false;             // exactly one object was asked for, by its name
};

// Objects that are not there are told on stderr, and the others fetched all the same: kNotFound.
int fetch(const Session& session, const Selection& selection, Fetched& fetched);

}  // namespace limpet::cli
