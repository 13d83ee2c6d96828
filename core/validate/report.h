// Where a validation stands in an object, and what it found so far.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/validate/validate.h"

namespace limpet {

// Not thread-safe.
class Report {
 public:
  // About the object or list in which the report stands.
  void add(std::string message);
  // About a field of it.
  void add(std::string_view field, std::string message);

  // As above, if the problem is not empty. Whether it was empty.
  bool check(std::string_view field, std::string problem);
  // "required", if the value is empty; else the problem of the format, if any.
  bool require(std::string_view field, std::string_view value,
               std::string (*format)(std::string_view));
  // The problem of the format, if there is a value.
  bool optional(std::string_view field, std::string_view value,
                std::string (*format)(std::string_view));
  bool optional_one_of(std::string_view field, std::string_view value,
                       std::initializer_list<std::string_view> allowed);
  // "required", if absent; else whether it is a port number.
  bool require_port(bool present, int64_t value);
  void at_most(std::string_view field, int size, int max);

  std::vector<Violation> take() { return std::move(violations_); }

 private:
  friend class Scope;
  std::string path_;
  std::vector<Violation> violations_;
};

// For its lifetime, the report stands in a field, or in an element of a repeated one. Scopes nest.
class Scope {
 public:
  Scope(Report& report, std::string_view field);
  Scope(Report& report, std::string_view field, int index);
  // An entry of a map.
  Scope(Report& report, std::string_view field, std::string_view key);
  ~Scope() { report_.path_.resize(size_); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Report& report_;
  size_t size_;  // of the path outside of this scope
};

}  // namespace limpet
