// What a JSONPath template says, as a tree. The grammar is kubectl's:
// https://kubernetes.io/docs/reference/kubectl/jsonpath/
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace limpet::cli::jsonpath {

struct Filter;

// [begin:end:step], or [begin] as one of it. Negative ones count from the end.
struct Slice {
  std::optional<int64_t> begin;
  std::optional<int64_t> end;
  int64_t step = 1;
  bool single = false;
};

// From nodes to nodes.
struct Step {
  enum class Kind {
    kNames,      // .name ['name'] ['a','b']
    kSlices,     // [0] [0,2] [1:3]
    kWildcard,   // .* [*]
    kRecursive,  // ..: the node and everything below
    kFilter,     // [?(@.type=="Ready")]
  };
  Kind kind = Kind::kWildcard;
  std::vector<std::string> names;
  std::vector<Slice> slices;
  std::shared_ptr<const Filter> filter;
};

struct Path {
  bool from_root = false;  // $, also inside a range or a filter
  std::vector<Step> steps;
};

struct Operand {
  enum class Kind { kPath, kString, kNumber, kBool };
  Kind kind = Kind::kPath;
  Path path;
  std::string text;  // of a string; "true" or "false"; of a number, as it is written
};

struct Filter {
  enum class Op { kExists, kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
  Operand left;
  Op op = Op::kExists;
  Operand right;
};

// A part of a template.
struct Part {
  enum class Kind { kText, kPath, kRange };
  Kind kind = Kind::kText;
  std::string text;
  Path path;                // of a kRange: what it goes over
  std::vector<Part> parts;  // of a kRange: for each of them
};

}  // namespace limpet::cli::jsonpath
