#include "proxy/http/date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "proxy/http/head.h"

namespace limpet::http {
namespace {

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_two_digits(unsigned value, std::string& out) {
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 6265 §5.1.1, delimiter.
bool is_delimiter(char c) {
  return c == '\t' || (c >= 0x20 && c <= 0x2F) || (c >= 0x3B && c <= 0x40) ||
         (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
}

// Takes the digits that the text begins with; nothing when there are not so many of them.
std::optional<unsigned> take_number(std::string_view& text, size_t min, size_t max) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<size_t>(end - text.begin());
  if (count < min || count > max) return std::nullopt;
  unsigned number = 0;
  for (const char c : text.substr(0, count)) number = number * 10 + static_cast<unsigned>(c - '0');
  text.remove_prefix(count);
  return number;
}

// Each is said by the first token that can be it.
struct CookieDate {
  std::optional<std::array<unsigned, 3>> time;
  std::optional<unsigned> day;
  std::optional<unsigned> month;  // from 1 on
  std::optional<unsigned> year;

  bool take_time(std::string_view token) {
    std::array<unsigned, 3> parts{};
    for (size_t i = 0; i < parts.size(); ++i) {
      if (i > 0 && !token.starts_with(':')) return false;
      if (i > 0) token.remove_prefix(1);
      const std::optional<unsigned> part = take_number(token, 1, 2);
      if (!part) return false;
      parts[i] = *part;
    }
    time = parts;
    return true;
  }

  bool take_month(std::string_view token) {
    const auto* const found =
        std::find_if(std::begin(kMonths), std::end(kMonths), [&](std::string_view name) {
          return equals_ignore_case(token.substr(0, name.size()), name);
        });
    if (found == std::end(kMonths)) return false;
    month = static_cast<unsigned>(found - std::begin(kMonths)) + 1;
    return true;
  }

  void take(std::string_view token) {
    if (!time && take_time(token)) return;
    std::string_view rest = token;
    if (!day && (day = take_number(rest, 1, 2))) return;
    if (!month && take_month(token)) return;
    if (!year) year = take_number(token, 2, 4);
  }
};

}  // namespace

std::optional<int64_t> parse_cookie_date(std::string_view text) {
  CookieDate said;
  while (!text.empty()) {
    const auto begin = std::find_if_not(text.begin(), text.end(), is_delimiter);
    const auto end = std::find_if(begin, text.end(), is_delimiter);
    if (begin != end) said.take(std::string_view(begin, end));
    text = std::string_view(end, text.end());
  }
  if (!said.time || !said.day || !said.month || !said.year) return std::nullopt;
  const unsigned century = *said.year < 70 ? 2000 : *said.year < 100 ? 1900 : 0;
  const std::chrono::year_month_day date{
      std::chrono::year{static_cast<int>(*said.year + century)}, std::chrono::month{*said.month},
      std::chrono::day{*said.day}};
  const auto& [hour, minute, second] = *said.time;
  if (!date.ok() || date.year() < std::chrono::year{1601} || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

void append_date(int64_t unix_s, std::string& out) {
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  using std::chrono::days;
  using std::chrono::sys_days;
  const sys_days day{days{unix_s / 86400}};
  const std::chrono::year_month_day date{day};
  const auto second = static_cast<unsigned>(unix_s % 86400);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  out.append(kDays[std::chrono::weekday{day}.c_encoding()]).append(", ");
  append_two_digits(static_cast<unsigned>(date.day()), out);
  out.push_back(' ');
  out.append(kMonths[static_cast<unsigned>(date.month()) - 1]).push_back(' ');
  append_two_digits(year / 100, out);
  append_two_digits(year % 100, out);
  out.push_back(' ');
  append_two_digits(second / 3600, out);
  out.push_back(':');
  append_two_digits(second / 60 % 60, out);
  out.push_back(':');
  append_two_digits(second % 60, out);
  out.append(" GMT");
}

}  // namespace limpet::http
