// What limpet-echo is told to answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace limpet::echo {

struct Options {
  std::vector<boost::asio::ip::tcp::endpoint> listen;
  std::string name = "echo";
  unsigned status = 200;
  std::string body;           // empty: the name and a newline
  uint64_t body_size = 0;     // bytes; above 0: the body is repeated up to this size
  std::chrono::milliseconds delay{0};  // before each answer
  bool chunked = false;
};

// The options, or what to print and exit with (--help, --version, a bad flag).
struct Exit {
  int code = 0;
  std::string text;  // for stdout when the code is 0, else for stderr
};
std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const std::string& version);

}  // namespace limpet::echo
