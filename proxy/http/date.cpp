#include "proxy/http/date.h"

#include <chrono>
#include <string_view>

namespace limpet::http {
namespace {

void append_two_digits(unsigned value, std::string& out) {
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

void append_date(int64_t unix_s, std::string& out) {
  static constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
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
