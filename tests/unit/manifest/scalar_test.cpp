#include "manifest/scalar.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Scalar, TypesOfPlainText) {
  const auto expect = [](ScalarType type, std::initializer_list<const char*> texts) {
    for (const char* text : texts) EXPECT_EQ(type_of_plain(text), type) << text;
  };
  expect(ScalarType::kNull, {"", "~", "null", "Null", "NULL"});
  expect(ScalarType::kBool, {"true", "False", "YES", "no", "On", "off"});
  expect(ScalarType::kInt, {"0", "-1", "+1", "010", "0x1F", "0o17", "0b1", "1_000"});
  expect(ScalarType::kFloat, {"1.5", "-.5", "1e3", "1.", ".inf", "-.Inf", ".nan", ".NaN"});
  expect(ScalarType::kString, {"a", "nULL", "yesterday", "1.2.3", "0xg", "0o8", "1s", "-", "_1",
                               "10.0.0.1", "e3", "/", "8080/TCP", "tRUE"});
}

TEST(Scalar, OnlyOneFormOfIntegersIsDecimal) {
  for (const char* text : {"0", "-1", "+7", "8080"}) EXPECT_TRUE(is_decimal(text)) << text;
  for (const char* text : {"", "-", "00", "010", "0x1", "1_0", "1.0", "1e3"}) {
    EXPECT_FALSE(is_decimal(text)) << text;
  }
}

TEST(Scalar, NeedsQuotes) {
  for (const char* text : {"",     "null",       "yes",  "y",  "80",      "1.10", "0x1",
                           "- a",  "a: b",       "a #b", "a:", " a",      "a ",   "*.example.com",
                           "@a",   "`a",         "%a",   "{a", "[a",      "a]",   "a,b",
                           "'a",   "\"a",        "|",    ">",  "!a",      "&a",   "a\nb",
                           "a\tb", "2001-12-14", "<<",   "=",  "\xc3\xa9"}) {
    EXPECT_TRUE(needs_quotes(text)) << text;
  }
  for (const char* text : {"a", "a-b", "a b", "/path", "a:b", "example.com/a", "10.0.0.1",
                           "_srv_id", "a#b", "~a", "v1"}) {
    EXPECT_FALSE(needs_quotes(text)) << text;
  }
}

}  // namespace
}  // namespace limpet
