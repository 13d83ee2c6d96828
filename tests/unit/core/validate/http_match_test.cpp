#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

std::string match(const std::string& fields) {
  return "http_route { spec { rules { matches { " + fields + " } } } }";
}
std::string header(const std::string& fields) { return match("headers { " + fields + " }"); }
std::string param(const std::string& fields) { return match("query_params { " + fields + " }"); }

TEST(ValidateHttpMatch, Headers) {
  const std::string field = "spec.rules[0].matches[0].headers[0].";
  expect_violations(
      kRouteWithoutRules,
      {{header("name: 'X-Version' value: 'v2'"), {}},
       {header("name: 'x' value: '[0-9]+' type: 'RegularExpression'"), {}},
       {header("name: 'x' value: '(' type: 'RegularExpression'"),
        {field + "value: must be a regular expression as RE2 reads it: missing )"}},
       {header("name: 'x' value: '(a{1000}){1000}' type: 'RegularExpression'"),
        {field + "value: must be a regular expression"}},
       {header("name: 'x' value: '('"), {}},
       {header("name: 'x' value: 'a' type: 'Prefix'"),
        {field + "type: must be Exact or RegularExpression"}},
       {header("name: 'a b' value: 'a'"), {field + "name: must consist of"}},
       {header("value: 'a'"), {field + "name: required"}},
       {header("name: 'x'"), {field + "value: required"}},
       {match("headers { name: 'x' value: '1' } headers { name: 'x' value: '2' }"),
        {"spec.rules[0].matches[0].headers[1].name: must be unique, \"x\" occurs twice"}},
       {match("headers { name: 'x' value: '1' } headers { name: 'X' value: '2' }"), {}}});
}

TEST(ValidateHttpMatch, QueryParams) {
  const std::string field = "spec.rules[0].matches[0].queryParams[0].";
  expect_violations(kRouteWithoutRules, {{param("name: 'page' value: '2'"), {}},
                            {param("name: 'page' value: '[0-9]' type: 'RegularExpression'"), {}},
                            {param("name: 'page' value: '*' type: 'RegularExpression'"),
                             {field + "value: must be a regular expression"}},
                            {param("name: 'page'"), {field + "value: required"}},
                            {param("value: '2'"), {field + "name: required"}}});
}

TEST(ValidateHttpMatch, Methods) {
  expect_violations(
      kRouteWithoutRules, {{match("method: 'PATCH'"), {}},
              {match("method: 'get'"), {"spec.rules[0].matches[0].method: must be GET, HEAD"}},
              {match("method: 'PURGE'"), {"spec.rules[0].matches[0].method: must be GET, HEAD"}}});
}

}  // namespace
}  // namespace limpet::test
