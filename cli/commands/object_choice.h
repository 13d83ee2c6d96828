// --field-selector and --sort-by: which objects, and in which order.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/jsonpath/syntax.h"
#include "limpet/v1/resource.pb.h"
#include "manifest/document.h"

namespace limpet::cli {

// metadata.name=a,spec.type!=ExternalName: any field that JSONPath finds. A field that is missing
// equals "".
class FieldSelector {
 public:
  static absl::StatusOr<FieldSelector> parse(const std::string& text);

  bool selects(const DocumentNode& object) const;

 private:
  struct Requirement {
    jsonpath::Path path;
    bool equal = true;
    std::string value;
  };
  std::vector<Requirement> requirements_;
};

// By what the path leads to in each: numbers as such, all else as text, missing ones first. The
// order of equal ones stays; so do the kinds together.
void sort_objects(const jsonpath::Path& path, std::vector<v1::Resource>& resources);

}  // namespace limpet::cli
