#include "examples/echo/options.h"

#include <charconv>
#include <sstream>
#include <stdexcept>

#include <CLI/CLI.hpp>

namespace limpet::echo {
namespace {

using boost::asio::ip::tcp;

// "127.0.0.1:8080" or "[::1]:8080"; port 0 lets the system choose.
tcp::endpoint parse_endpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  uint16_t port = 0;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  const char* begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(begin, end, port);
  if (error || failed != std::errc() || stop != end) {
    throw CLI::ValidationError("--listen", "'" + text + "' is not ADDRESS:PORT");
  }
  return {ip, port};
}

}  // namespace

std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const std::string& version) {
  Options options;
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  uint64_t delay_ms = 0;
  CLI::App app("A small HTTP endpoint that says who it is.", "limpet-echo");
  app.add_option("--listen", listen, "ADDRESS:PORT; may be repeated")->capture_default_str();
  app.add_option("--name", options.name, "sent as x-endpoint")->capture_default_str();
  app.add_option("--status", options.status, "status of the answers")
      ->check(CLI::Range(200, 599))->capture_default_str();
  app.add_option("--body", options.body, "body of the answers (default: the name)");
  app.add_option("--body-size", options.body_size, "repeat the body up to this many bytes");
  app.add_option("--delay", delay_ms, "milliseconds before each answer");
  app.add_flag("--chunked", options.chunked, "answer in chunks, not with a Content-Length");
  app.set_version_flag("--version", "limpet-echo " + version);
  try {
    app.parse(argc, argv);
    for (const std::string& text : listen) options.listen.push_back(parse_endpoint(text));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    // One line: CLI11 adds a hint at --help on a line of its own.
    if (code != 0) return Exit{2, std::string("limpet-echo: ") + error.what() + "\n"};
    return Exit{0, out.str()};
  }
  options.delay = std::chrono::milliseconds(delay_ms);
  return options;
}

}  // namespace limpet::echo
