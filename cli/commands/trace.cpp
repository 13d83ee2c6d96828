// gwctl trace: what becomes of a request, told by the matcher that the nodes run.
#include <optional>
#include <ostream>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>

#include "cli/commands/all_objects.h"
#include "cli/commands/manifest_input.h"
#include "cli/output/trace_text.h"
#include "core/analysis/analysis.h"
#include "core/resource/secret.h"
#include "runtime/authority.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # Which rule takes a request, where it goes, and why others do not have it\n"
    "  gwctl trace GET http://shop.example.com/cart\n"
    "  # With header fields, on a port that is not the scheme's own\n"
    "  gwctl trace POST 'http://shop.example.com:8000/cart?beta=1' -H 'x-version: 2'\n"
    "  # As it would be after an apply\n"
    "  gwctl trace GET http://shop.example.com/cart -f shop.yaml\n"
    "  # By the files alone; no server is asked\n"
    "  gwctl trace --offline GET http://shop.example.com/cart -f shop.yaml\n"
    "\nExit code 0: a rule takes the request, 1: none does, more than 1: an error.";

struct TraceOptions {
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  std::vector<std::string> files;
  std::string default_namespace;
  std::string output;
  bool offline = false;
};

class GivenHeaders final : public HeaderSource {
 public:
  // False when it is no "Name: value".
  bool add(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const absl::string_view value = absl::StripAsciiWhitespace(absl_view(line.substr(colon + 1)));
    fields_.emplace_back(absl::AsciiStrToLower(absl_view(line.substr(0, colon))), value);
    return true;
  }
  void visit(std::string_view name,
             absl::FunctionRef<void(std::string_view)> visit) const override {
    for (const auto& [field, value] : fields_) {
      if (field == name) visit(value);
    }
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// "http://shop.example.com:8000/cart?x=1" taken apart, as curl takes it.
struct Url {
  bool https = false;
  std::string host;  // in lower case
  uint16_t port = 0;
  std::string path;
  std::string query;
};

// Splits "host:port", or "[::1]:port"; false when it is none.
bool read_authority(std::string_view authority, Url& url) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = absl::AsciiStrToLower(absl_view(authority.substr(0, colon)));
  url.port = url.https ? 443 : 80;
  if (colon != std::string_view::npos) {
    uint32_t port = 0;
    if (!absl::SimpleAtoi(absl_view(authority.substr(colon + 1)), &port) || port == 0 ||
        port > 65535) {
      return false;
    }
    url.port = static_cast<uint16_t>(port);
  }
  return !url.host.empty();
}

std::optional<Url> read_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.https = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  if (!read_authority(text.substr(0, end), url)) return std::nullopt;
  std::string_view target = text.substr(end);
  const size_t mark = std::min(target.find('?'), target.size());
  url.path = target.substr(0, mark);
  if (url.path.empty()) url.path = "/";
  if (mark < target.size()) url.query = target.substr(mark + 1);
  return url;
}

// A Secret's values are shown to nobody, and a listener without a certificate is closed: some
// certificate stands for one that is masked. None of them decides where a request goes.
void stand_in_for_certificates(std::vector<v1::Resource>& objects) {
  std::string chain;
  std::string key;
  for (v1::Resource& object : objects) {
    if (!object.has_secret() || object.secret().type() != "kubernetes.io/tls") continue;
    auto& data = *object.mutable_secret()->mutable_data();
    const auto masked = data.find("tls.crt");
    if (masked == data.end() || masked->second != kSecretMask) continue;
    if (key.empty()) {
      const auto authority = Authority::create("gwctl trace", {0, 4'102'444'800});
      if (!authority.ok()) return;
      chain = absl::Base64Escape(authority->certificate_pem());
      key = absl::Base64Escape(authority->key_pem());
    }
    data["tls.crt"] = chain;
    data["tls.key"] = key;
  }
}

// What is stored, or after an apply of the files, or the files alone.
int gather_objects(const Session& session, const TraceOptions& options,
                   std::vector<v1::Resource>& objects) {
  std::vector<v1::Resource> changed;
  if (int code = load_objects(session, options.files, options.default_namespace, changed);
      code != kOk) {
    return code;
  }
  if (options.offline) {
    objects = std::move(changed);
    return kOk;
  }
  auto stored = all_objects(*session.connect());
  if (!stored.ok()) {
    const int code = session.fail(stored.status());
    return code == kFailed ? static_cast<int>(kUnreachable) : code;
  }
  const std::string now =
      absl::FormatTime(absl::RFC3339_sec, session.environment.now(), absl::UTCTimeZone());
  objects = after_apply(*stored, changed, now);
  return kOk;
}

int run_trace(const Session& session, const TraceOptions& options) {
  if (options.offline && options.files.empty()) {
    return session.fail(kUsage, "--offline looks at files: name them with -f");
  }
  const std::optional<Url> url = read_url(options.url);
  if (!url) {
    return session.fail(kUsage, str_cat("\"", options.url, "\" is no URL such as ",
                                        "http://shop.example.com:8000/cart?x=1"));
  }
  GivenHeaders headers;
  for (const std::string& line : options.headers) {
    if (headers.add(line)) continue;
    return session.fail(kUsage, str_cat("\"", line, "\" is no header such as 'Name: value'"));
  }
  std::vector<v1::Resource> objects;
  if (int code = gather_objects(session, options, objects); code != kOk) return code;
  stand_in_for_certificates(objects);
  const World world = make_world(objects);
  if (world.table == nullptr) {
    return session.fail(kRejected, world.errors.front().message);
  }
  const auto port = world.table->ports.find(url->port);
  if (port == world.table->ports.end()) {
    return session.fail(kFailed, str_cat("no listener is open on port ", url->port));
  }
  if (port->second->https != url->https) {
    session.err() << "gwctl: port " << url->port << " speaks "
                  << (url->https ? "plain HTTP" : "TLS") << ", other than the URL says\n";
  }
  const RoutedRequest request{url->host, url->path, url->query, options.method, &headers};
  const Traced traced{*world.table, url->port, request, explain(*port->second, request)};
  if (options.output.empty()) session.out() << trace_text(traced);
  if (options.output == "yaml") session.out() << to_yaml(trace_document(traced));
  if (options.output == "json") session.out() << to_json(trace_document(traced));
  return traced.explanation.rule == nullptr ? kFailed : kOk;
}

}  // namespace

void add_trace(CLI::App& app, Session& session) {
  const auto options = std::make_shared<TraceOptions>();
  CLI::App* verb = add_verb(app, session, "trace", "Tell what becomes of a request, and why",
                            kExamples, options, run_trace);
  verb->add_option("METHOD", options->method, "GET, POST ...")->required();
  verb->add_option("URL", options->url, "http://HOST[:PORT]/PATH[?QUERY]")->required();
  verb->add_option("-H,--header", options->headers, "'Name: value', as often as wanted")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_file_flag(*verb, options->files)->allow_extra_args(false);  // METHOD and URL may follow
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  verb->add_flag("--offline", options->offline, "Look at the files alone, and ask no server");
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
