#include "core/routing/compile_match.h"

#include <algorithm>
#include <string>

#include <absl/strings/ascii.h>

#include "core/base/regex.h"

namespace limpet {
namespace {

// RE2 has no expression that every text fails but this sort of one.
std::shared_ptr<const RE2> regex_of(const std::string& pattern) {
  static const std::shared_ptr<const RE2> kNever = compile_regex("[^\\x00-\\x{10FFFF}]");
  std::shared_ptr<const RE2> regex = compile_regex(pattern);
  return regex == nullptr ? kNever : regex;
}

// Of several of one name the first counts (Gateway API, HTTPRouteMatch.headers, queryParams).
void add(std::vector<ValueMatch>& matches, std::string name, const std::string& type,
         const std::string& value) {
  const auto same = [&](const ValueMatch& other) { return other.name == name; };
  if (std::any_of(matches.begin(), matches.end(), same)) return;
  ValueMatch match{std::move(name), value, nullptr};
  if (type == "RegularExpression") match.regex = regex_of(value);
  matches.push_back(std::move(match));
}

}  // namespace

std::shared_ptr<const MatchConditions> compile_conditions(const v1::HTTPRouteMatch& match) {
  MatchConditions conditions;
  conditions.method = match.method();
  for (const v1::HTTPHeaderMatch& header : match.headers()) {
    add(conditions.headers, absl::AsciiStrToLower(header.name()), header.type(), header.value());
  }
  for (const v1::HTTPQueryParamMatch& param : match.query_params()) {
    add(conditions.params, param.name(), param.type(), param.value());
  }
  if (match.path().type() == "RegularExpression") {
    conditions.path = regex_of(match.path().has_value() ? match.path().value() : "/");
  }
  if (conditions.empty()) return nullptr;
  return std::make_shared<const MatchConditions>(std::move(conditions));
}

}  // namespace limpet
