// Builds resources from the text form of their messages, and shows violations as lines.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "core/validate/validate.h"

namespace limpet::test {

// `parts` are merged in their order: single fields are replaced, repeated ones grow.
inline v1::Resource resource_of(const std::vector<std::string>& parts) {
  v1::Resource resource;
  for (const std::string& part : parts) {
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(part, &resource)) << part;
  }
  return resource;
}

// A valid HTTPRoute without rules.
inline constexpr char kRouteWithoutRules[] = R"pb(
  http_route {
    api_version: "gateway.networking.k8s.io/v1"
    kind: "HTTPRoute"
    metadata { name: "route" namespace: "server" }
    spec { parent_refs { name: "gateway" } }
  })pb";

// "FIELD: MESSAGE", in the order of validate().
inline std::vector<std::string> violations_of(const v1::Resource& resource) {
  std::vector<std::string> lines;
  for (const Violation& violation : validate(resource)) {
    lines.push_back(violation.field + ": " + violation.message);
  }
  return lines;
}

// A change to a valid object, and what is then wrong with it: the beginning of each line.
struct Case {
  std::string change;
  std::vector<std::string> expected;
};

inline void expect_violations(const std::string& base, const std::vector<Case>& cases) {
  EXPECT_TRUE(violations_of(resource_of({base})).empty());
  for (const Case& each : cases) {
    const std::vector<std::string> found = violations_of(resource_of({base, each.change}));
    ASSERT_EQ(found.size(), each.expected.size()) << each.change << "\n"
                                                  << ::testing::PrintToString(found);
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found[i].starts_with(each.expected[i]))
          << each.change << "\n"
          << found[i] << "\nexpected: " << each.expected[i];
    }
  }
}

// The text, `count` times.
inline std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace limpet::test
