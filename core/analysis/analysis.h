// What is wrong with a set of objects as a whole, told to people: each problem with its place and
// with what to do. Pure. What is wrong is decided by core/validate and core/routing alone; here it
// is gathered.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/world.h"
#include "core/resource/object.h"

namespace limpet {

// kError: traffic that is meant to be served is not, or not as written. kWarning: something has no
// effect.
enum class Severity { kError, kWarning };

struct Finding {
  Severity severity = Severity::kError;
  EntryKey object;
  std::string field;    // "spec.parentRefs[0]"; "" for the object as a whole
  std::string message;  // what is wrong
  std::string advice;   // what to do

  friend auto operator<=>(const Finding&, const Finding&) = default;
};

// Sorted; none is told twice.
std::vector<Finding> analyze(const World& world);

// Those about one object.
std::vector<Finding> findings_of(const std::vector<Finding>& findings, const EntryKey& object);

// How a change moves the findings. All are sorted.
struct FindingChanges {
  std::vector<Finding> introduced;
  std::vector<Finding> fixed;
  std::vector<Finding> unchanged;
};
FindingChanges compare(const std::vector<Finding>& before, const std::vector<Finding>& after);

// The objects after an apply of `changed`. What the server keeps of an object (when it was created)
// is kept; a new object is as old as `now`, in RFC 3339: it is younger than all others.
std::vector<v1::Resource> after_apply(const std::vector<v1::Resource>& stored,
                                      const std::vector<v1::Resource>& changed,
                                      const std::string& now);

}  // namespace limpet
