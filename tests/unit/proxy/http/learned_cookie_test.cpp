#include "proxy/http/learned_cookie.h"

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/sticky/token.h"

namespace limpet::http {
namespace {

constexpr int64_t kNow = 1'780'000'000;

// In the form of a token; it need not open.
std::string token(char fill = 'x', size_t size = 118) { return "oQ" + std::string(size - 2, fill); }

TEST(LearnedCookie, ATokenHasItsForm) {
  EXPECT_TRUE(has_token_form(token()));
  EXPECT_TRUE(has_token_form(token('-', 62)));
  EXPECT_TRUE(has_token_form(token('_', kMaxTokenChars)));
  EXPECT_TRUE(has_token_form("o_" + token().substr(2))) << "a version to come";
  EXPECT_FALSE(has_token_form(token('x', 61)));
  EXPECT_FALSE(has_token_form(token('x', 65))) << "no bytes are encoded so";
  EXPECT_FALSE(has_token_form(token('x', kMaxTokenChars + 1)));
  EXPECT_FALSE(has_token_form("AA" + token().substr(2))) << "no version";
  EXPECT_FALSE(has_token_form(token('+')));
  EXPECT_FALSE(has_token_form(token('~')));
  EXPECT_FALSE(has_token_form("o" + std::string(117, '~')));
  EXPECT_FALSE(has_token_form(""));
}

TEST(LearnedCookie, WhatIsSealedHasTheForm) {
  TokenCodec codec(7, [](std::span<unsigned char> bytes) {
    std::fill(bytes.begin(), bytes.end(), static_cast<unsigned char>(0xAB));
  });
  KeyRing ring;
  ring.keys.emplace_back();
  ring.keys[0].id = ring.minting_id = 3;
  SessionRecord record(1);
  for (uint64_t scope = 0; scope <= SessionRecord::kMaxBindings; ++scope) {
    const std::string sealed = codec.seal(record, ring, TokenPurpose::kLearned, "JSESSIONID");
    EXPECT_TRUE(has_token_form(sealed)) << sealed;
    const auto status = [&](TokenPurpose purpose, std::string_view name) {
      return codec.open(sealed, ring, purpose, name).status;
    };
    EXPECT_EQ(status(TokenPurpose::kLearned, "JSESSIONID"), OpenStatus::kOk);
    EXPECT_EQ(status(TokenPurpose::kCookie, "JSESSIONID"), OpenStatus::kTampered);
    EXPECT_EQ(status(TokenPurpose::kHeader, "JSESSIONID"), OpenStatus::kTampered);
    EXPECT_EQ(status(TokenPurpose::kLearned, "PHPSESSID"), OpenStatus::kTampered);
    Binding binding;
    binding.scope = scope + 1;
    record.put(binding);
  }
}

TEST(LearnedCookie, TheLastTildeBeforeATokenSeparates) {
  const auto split = [](const std::string& value) {
    const LearnedValue learned = split_learned(value);
    return std::vector<std::string>{std::string(learned.begin), std::string(learned.token),
                                    std::string(learned.end)};
  };
  using Parts = std::vector<std::string>;
  const std::string own = token();
  EXPECT_EQ(split("abc~" + own), (Parts{"abc", own, ""}));
  EXPECT_EQ(split("a~b~" + own), (Parts{"a~b", own, ""}));
  EXPECT_EQ(split("a~" + own + "~" + own), (Parts{"a~" + own, own, ""}));
  EXPECT_EQ(split("\"abc~" + own + "\""), (Parts{"\"abc", own, "\""}));
  EXPECT_EQ(split("\"abc\"~" + own), (Parts{"\"abc\"", own, ""}));
  EXPECT_EQ(split("\"abc~" + own), (Parts{"\"abc", own, ""}));
  EXPECT_EQ(split("\"~" + own), (Parts{"\"", own, ""}));
  EXPECT_EQ(split("~" + own), (Parts{"", own, ""}));
  for (const std::string& plain : {std::string("abc"), std::string("a~b"), "abc~" + own + "~",
                                   "abc~" + own + ".1", "abc~" + own + "=", own, std::string("~"),
                                   std::string()}) {
    EXPECT_EQ(split(plain), (Parts{plain, "", ""}));
  }
  EXPECT_EQ(split("\"a~b\""), (Parts{"\"a~b", "", "\""}));
  EXPECT_EQ(split("\"\""), (Parts{"\"", "", "\""}));
}

TEST(LearnedCookie, AValueMaySayNothing) {
  for (const std::string& nothing : {std::string(), std::string("\"\""), "~" + token()}) {
    EXPECT_TRUE(split_learned(nothing).empty()) << nothing;
  }
  for (const char* something : {"\"", "a", "\"a\"", "~"}) {
    EXPECT_FALSE(split_learned(something).empty()) << something;
  }
}

std::string unlearned(const std::string& value, std::string_view name = "S") {
  std::string out;
  append_unlearned_cookies(value, name, out);
  return out;
}

TEST(LearnedCookie, EndpointsDoNotSeeTheToken) {
  const std::string with = "~" + token();
  EXPECT_EQ(unlearned("S=abc" + with), "S=abc");
  EXPECT_EQ(unlearned("a=1;S=abc" + with + ";  b=2"), "a=1;S=abc;  b=2");
  EXPECT_EQ(unlearned("S=a" + with + "; S=b" + with + "; S=c; S=d~e" + with),
            "S=a; S=b; S=c; S=d~e");
  EXPECT_EQ(unlearned(" S = \"abc" + with + "\" ; T=1"), " S = \"abc\" ; T=1");
  for (const std::string& untouched :
       {"s=abc" + with, "T=abc" + with, "TS=abc" + with, "S" + with, "S=abc" + with + "=",
        std::string("; ;; a = b ;"), std::string()}) {
    EXPECT_EQ(unlearned(untouched), untouched);
  }
}

CookieChange change(const std::string& field) { return cookie_change(field, "S", kNow); }

TEST(LearnedCookie, AnAnswerSetsIt) {
  for (const char* sets :
       {"S=a", " S = a ; Path=/", "S=a; Max-Age=1", "S=a; Max-Age=0; Max-Age=5",
        "S=a; max-age=x; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "S=a; Max-Age=", "S=a; Max-Age=-",
        "S=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", "S=a; Expires=never",
        "S=a; Max-Age", "S=\"a\"; HttpOnly", "S=a; Max-Age=+0", "S=~"}) {
    EXPECT_EQ(change(sets), CookieChange::kSet) << sets;
  }
}

TEST(LearnedCookie, AnAnswerDeletesIt) {
  for (const char* deletes :
       {"S=", "S=\"\"; Path=/", "S=a; Max-Age=0", "S=a; MAX-AGE = -1 ", "S=a;Max-Age=00",
        "S=a; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/",
        "S=a; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Max-Age=0", "S=; Max-Age=60",
        "S=a; Expires=Thu, 01 Jan 2099 00:00:00 GMT; expires=Thu, 01 Jan 2009 00:00:00 GMT"}) {
    EXPECT_EQ(change(deletes), CookieChange::kDeleted) << deletes;
  }
}

TEST(LearnedCookie, AnAnswerSaysNothingOfIt) {
  for (const char* other : {"", "S", "s=a", "SS=a", "T=S=a", "T=a; S=b", "=S", "; S=a"}) {
    EXPECT_EQ(change(other), CookieChange::kNone) << other;
  }
}

std::string learned(const std::string& field, const std::string& own) {
  std::string out;
  EXPECT_TRUE(append_learned(field, own, out));
  return out;
}

TEST(LearnedCookie, TheTokenStandsBehindTheValue) {
  const std::string own = token();
  EXPECT_EQ(learned("S=abc", own), "S=abc~" + own);
  EXPECT_EQ(learned("S=abc; Path=/; HttpOnly", own), "S=abc~" + own + "; Path=/; HttpOnly");
  EXPECT_EQ(learned(" S = \"abc\" ;Path=/", own), " S = \"abc~" + own + "\" ;Path=/");
  EXPECT_EQ(learned("S=\"abc; Path=\"/\"", own), "S=\"abc~" + own + "; Path=\"/\"");
  EXPECT_EQ(learned("S=a=b~c", own), "S=a=b~c~" + own);
}

TEST(LearnedCookie, NoCookieIsMadeTooLarge) {
  const std::string own = token();
  const std::string largest = "S=" + std::string(kMaxCookieBytes - own.size() - 3, 'a');
  EXPECT_EQ(learned(largest + "; Path=/", own).size(), kMaxCookieBytes + 8);
  std::string out = "before ";
  EXPECT_FALSE(append_learned(largest + "a; Path=/", own, out));
  EXPECT_EQ(out, "before " + largest + "a; Path=/");
}

// ---- Against a reader that goes by each way in which a value can be cut.

// What the application has said, without a token that stands behind it.
std::string slow_application(const std::string& value) {
  for (size_t cut = value.size(); cut-- > 0;) {
    if (value[cut] != '~') continue;
    const bool quoted = value.size() >= 2 && value[0] == '"' && value.back() == '"';
    const size_t end = quoted ? value.size() - 1 : value.size();
    if (cut >= end || !has_token_form(value.substr(cut + 1, end - cut - 1))) return value;
    return value.substr(0, cut) + value.substr(end);
  }
  return value;
}

std::string slow_unlearned(const std::string& field) {
  std::vector<std::string> cookies{""};
  for (const char c : field) {
    if (c == ';') {
      cookies.emplace_back();
    } else {
      cookies.back() += c;
    }
  }
  std::string out;
  for (size_t i = 0; i < cookies.size(); ++i) {
    if (i > 0) out += ';';
    const std::string& cookie = cookies[i];
    size_t begin = 0;  // of the value
    const auto skip = [&] {
      begin = std::min(cookie.find_first_not_of(" \t", begin), cookie.size());
    };
    skip();
    if (cookie.substr(begin, 1) != "S") {
      out += cookie;
      continue;
    }
    ++begin;
    skip();
    if (cookie.substr(begin, 1) != "=") {
      out += cookie;
      continue;
    }
    ++begin;
    skip();
    const size_t last = cookie.find_last_not_of(" \t");
    const size_t end = std::max(begin, last + 1);
    out += cookie.substr(0, begin) + slow_application(cookie.substr(begin, end - begin)) +
           cookie.substr(end);
  }
  return out;
}

TEST(LearnedCookie, IsReadAsAnObviousReaderDoes) {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {
      "S", "S=", "S=", "T=", "~", "\"", ";", "; ", " ", "\t", "=", "a", "abc", ".",
      "~" + token('a', 62), "~" + token('b'), token('c'), "~" + token('d', 65),
      "~" + token('e') + "\""};
  size_t stripped = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string field = random() % 2 == 0 ? "S=" : "";
    for (size_t count = random() % 9; count > 0; --count) field += pieces[random() % pieces.size()];
    const std::string got = unlearned(field);
    ASSERT_EQ(got, slow_unlearned(field)) << field;
    stripped += got != field ? 1 : 0;
  }
  EXPECT_GT(stripped, 1'000U);
}

// Whatever the application sets, it gets back: the client sends what it was sent.
TEST(LearnedCookie, TheApplicationGetsBackWhatItHasSet) {
  std::mt19937 random(12);
  constexpr std::string_view kChars = "ab~~\"\" =._-";
  for (int i = 0; i < 20'000; ++i) {
    std::string value = random() % 4 == 0 ? "x~" + token('z') : "";
    for (size_t count = random() % 8; count > 0; --count) value += kChars[random() % kChars.size()];
    const std::string field = "S=" + value;
    if (change(field) != CookieChange::kSet) continue;
    const std::string own = token(static_cast<char>('a' + random() % 26), 62 + 4 * (random() % 99));
    const std::string attributes = random() % 2 == 0 ? "" : "; Path=/a~b";
    const std::string sent = learned(field + attributes, own);
    ASSERT_EQ(sent.size(), field.size() + 1 + own.size() + attributes.size());
    ASSERT_TRUE(sent.ends_with(attributes));
    const std::string brought = sent.substr(0, sent.size() - attributes.size());
    ASSERT_EQ(unlearned(brought), field);
    ASSERT_EQ(unlearned("T=1; " + brought + "; U=2"), "T=1; " + field + "; U=2");
    const std::string in_cookie = brought.substr(2);
    const size_t begin = std::min(in_cookie.find_first_not_of(' '), in_cookie.size());
    const size_t end = in_cookie.find_last_not_of(' ') + 1;
    ASSERT_EQ(split_learned(std::string_view(in_cookie).substr(begin, end - begin)).token, own);
  }
}

}  // namespace
}  // namespace limpet::http
