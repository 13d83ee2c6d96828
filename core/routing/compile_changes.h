// What a compile has to look at: the changes between two states, sorted into what they touch.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/routing/compile_error.h"
#include "core/routing/compile_index.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// By "namespace/name", where nothing else is said.
struct TouchedParts {
  std::set<std::string> services;        // to compile
  std::set<std::string> routes;          // changed themselves, or in what they are permitted
  std::set<std::string> limited_routes;  // that a RateLimitPolicy has come to, or left
  std::set<ListenerPlace> places;        // that name a Secret which changed
  bool gateways = false;
  bool reattach_all = false;  // who may attach to a listener is asked anew, everywhere
  bool settings = false;      // of ports
  bool keys = false;
};

// `index` is a copy of `before`. Afterwards it has the references, grants, Gateways and settings of
// `now`; the rest is left to the compile.
TouchedParts sort_changes(const CompileIndex& before, const Snapshot& now, CompileIndex& index,
                          std::vector<CompileError>& errors);

// Nothing when there is no such entry, or (then with an error, if `errors` is given) it cannot be
// read.
template <typename Message>
std::optional<Message> read_entry(const Snapshot& snapshot, const EntryKey& key,
                                  std::vector<CompileError>* errors) {
  const EntryPtr entry = snapshot.find(key);
  if (entry == nullptr) return std::nullopt;
  Message message;
  if (message.ParseFromString(entry->bytes)) return message;
  if (errors != nullptr) errors->push_back({key, "", "the stored bytes cannot be read"});
  return std::nullopt;
}

}  // namespace limpet
