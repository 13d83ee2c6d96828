// gwctl pki: the certificates of a cluster, as files in one folder. It asks no server.
//
//   ca.crt, ca.key     the authority; after "pki rotate", ca.crt has the former one as well
//   server.pem         certificate and key of the management server
//   node-NAME.pem, user-NAME.pem
//   secrets.key        what the server seals Secrets with (docs/secrets.md)
//
// Certificate and key of one identity are in one file, so that replacing them is one rename.
#include <algorithm>
#include <array>
#include <filesystem>
#include <ostream>

#include <absl/strings/escaping.h>
#include <openssl/rand.h>

#include "cli/commands/session.h"
#include "runtime/authority.h"
#include "core/base/text.h"
#include "core/routing/scope.h"
#include "runtime/data_dir.h"

namespace limpet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDayS = 24 * 3600;
constexpr int64_t kClockSkewS = 5 * 60;  // clocks that are behind see the certificate valid, too
constexpr uint64_t kMaxPemBytes = 1024 * 1024;
constexpr int kMaxDays = 36'500;

constexpr char kInitExamples[] =
    "  # An authority, the server's certificate and an administrator's, in ./pki\n"
    "  gwctl pki init --host gateway.example.org\n"
    "  limpet-server --listen 0.0.0.0:7700 --tls-identity pki/server.pem --tls-ca pki/ca.crt\n";
constexpr char kNodeExamples[] =
    "  gwctl pki node node-1\n"
    "  gwctl pki node edge-1 --gateway shop/public --days 30\n"
    "  limpet-proxy --node-id node-1 --tls-identity pki/node-node-1.pem --tls-ca pki/ca.crt\n";
constexpr char kUserExamples[] =
    "  gwctl pki user alice --role admin\n"
    "  gwctl pki user bob --role editor -n shop -n bank\n"
    "  gwctl --tls-identity pki/user-bob.pem --tls-ca pki/ca.crt get all -n shop\n";
constexpr char kServerExamples[] = "  gwctl pki server --host gateway.example.org\n";
constexpr char kRotateExamples[] =
    "  # A new authority beside the old one; give the new ca.crt to all, then new certificates\n"
    "  gwctl pki rotate\n"
    "  # When nothing is of the old one any more\n"
    "  gwctl pki rotate --finish\n";

constexpr char kSecretsKeyExamples[] =
    "  gwctl pki secrets-key pki/secrets.key\n"
    "  limpet-server --secrets-key-file pki/secrets.key\n";

struct PkiOptions {
  std::string dir = "pki";
  int days = 365;
  std::string name;
  std::vector<std::string> hosts;
  std::vector<std::string> gateways;
  std::string role;
  std::vector<std::string> namespaces;
  bool finish = false;
};

fs::path path_of(const PkiOptions& options, const std::string& file) {
  return fs::path(options.dir) / file;
}

Validity validity_of(const Session& session, int64_t days) {
  const int64_t now = absl::ToUnixSeconds(session.environment.now());
  return {now - kClockSkewS, now + days * kDayS};
}

// What names are made of: they are parts of URIs and of file names.
bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 253 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

int write(const Session& session, const fs::path& path, const std::string& text, mode_t mode) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const absl::Status written = write_file_atomically(path, text, mode);
  if (!written.ok()) return session.fail(kFailed, std::string(written.message()));
  session.out() << path.string() << " written\n";
  return kOk;
}

absl::StatusOr<Authority> read_authority(const PkiOptions& options) {
  const auto certificate = read_file(path_of(options, "ca.crt"), kMaxPemBytes);
  if (absl::IsNotFound(certificate.status())) {
    return absl::NotFoundError(
        str_cat("there is no authority in ", options.dir, "; make one: gwctl pki init"));
  }
  if (!certificate.ok()) return certificate.status();
  const auto key = read_file(path_of(options, "ca.key"), kMaxPemBytes);
  if (!key.ok()) return key.status();
  return Authority::read(*certificate, *key);
}

int issue(const Session& session, const PkiOptions& options, const Authority& authority,
          const std::string& file, const Subject& subject) {
  const auto pem = authority.issue(subject, validity_of(session, options.days));
  if (!pem.ok()) return session.fail(pem.status());
  return write(session, path_of(options, file), *pem, 0600);
}

int issue(const Session& session, const PkiOptions& options, const std::string& file,
          const Subject& subject) {
  if (!is_name(subject.common_name)) {
    return session.fail(kUsage, str_cat("\"", subject.common_name,
                                        "\" must be of letters, digits, '-', '_' and '.'"));
  }
  const absl::StatusOr<Authority> authority = read_authority(options);
  if (!authority.ok()) return session.fail(authority.status());
  return issue(session, options, *authority, file, subject);
}

Subject server_subject(const PkiOptions& options) {
  Subject subject{"limpet-server", {"limpet:server"}, {"localhost", "127.0.0.1", "::1"}};
  subject.hosts.insert(subject.hosts.end(), options.hosts.begin(), options.hosts.end());
  return subject;
}

constexpr int64_t kAuthorityDays = 3650;

int run_init(const Session& session, const PkiOptions& options) {
  if (fs::exists(path_of(options, "ca.crt"))) {
    return session.fail(kConflict, str_cat(options.dir, " has an authority already; \"gwctl pki "
                                           "rotate\" makes a new one beside it"));
  }
  const absl::StatusOr<Authority> authority =
      Authority::create("Limpet CA", validity_of(session, kAuthorityDays));
  if (!authority.ok()) return session.fail(authority.status());
  int code = write(session, path_of(options, "ca.key"), authority->key_pem(), 0600);
  if (code == kOk) {
    code = write(session, path_of(options, "ca.crt"), authority->certificate_pem(), 0644);
  }
  if (code == kOk) {
    code = issue(session, options, *authority, "server.pem", server_subject(options));
  }
  if (code == kOk) {
    const Subject admin{"admin", {"limpet:user:admin", "limpet:role:admin"}, {}};
    code = issue(session, options, *authority, "user-admin.pem", admin);
  }
  return code;
}

int run_server(const Session& session, const PkiOptions& options) {
  return issue(session, options, "server.pem", server_subject(options));
}

int run_node(const Session& session, const PkiOptions& options) {
  const absl::Status valid =
      check_gateway_names({options.gateways.begin(), options.gateways.end()});
  if (!valid.ok()) return session.fail(kUsage, std::string(valid.message()));
  Subject subject{options.name, {str_cat("limpet:node:", options.name)}, {}};
  for (const std::string& gateway : options.gateways) {
    subject.uris.push_back(str_cat("limpet:gateway:", gateway));
  }
  return issue(session, options, str_cat("node-", options.name, ".pem"), subject);
}

int run_user(const Session& session, const PkiOptions& options) {
  Subject subject{options.name, {str_cat("limpet:user:", options.name)}, {}};
  const std::string role = str_cat("limpet:role:", options.role);
  if (options.namespaces.empty()) subject.uris.push_back(role);
  for (const std::string& ns : options.namespaces) {
    if (!is_name(ns)) return session.fail(kUsage, str_cat("\"", ns, "\" is no namespace"));
    subject.uris.push_back(str_cat(role, "@", ns));
  }
  return issue(session, options, str_cat("user-", options.name, ".pem"), subject);
}

// Until --finish, ca.crt has both: each side believes certificates of both while they change.
int run_rotate(const Session& session, const PkiOptions& options) {
  const absl::StatusOr<Authority> now = read_authority(options);
  if (!now.ok()) return session.fail(now.status());
  const fs::path bundle = path_of(options, "ca.crt");
  const auto believed = read_certificates(read_file(bundle, kMaxPemBytes).value_or(""));
  if (!options.finish && believed.ok() && believed->size() > 1) {
    return session.fail(kConflict, "the last rotation is not finished: the former authority would "
                                   "be forgotten; \"gwctl pki rotate --finish\" first");
  }
  if (options.finish) return write(session, bundle, now->certificate_pem(), 0644);
  const absl::StatusOr<Authority> next =
      Authority::create("Limpet CA", validity_of(session, kAuthorityDays));
  if (!next.ok()) return session.fail(next.status());
  // The bundle first: a key without its certificate would be of no use.
  const int code = write(session, bundle, next->certificate_pem() + now->certificate_pem(), 0644);
  if (code != kOk) return code;
  return write(session, path_of(options, "ca.key"), next->key_pem(), 0600);
}

// Never in the place of another: what that sealed could not be opened any more.
int run_secrets_key(const Session& session, const PkiOptions& options) {
  const bool named = !options.name.empty();
  const fs::path path = named ? fs::path(options.name) : path_of(options, "secrets.key");
  if (fs::exists(fs::symlink_status(path))) {
    return session.fail(kConflict, str_cat(path.string(), " is there already; to change keys, make "
                                           "a new file and put its line above the old ones"));
  }
  std::array<unsigned char, 32> key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    return session.fail(kFailed, "no random bytes: " + openssl_error());
  }
  const absl::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  return write(session, path, absl::Base64Escape(bytes) + "\n", 0600);
}

CLI::App* add(CLI::App& pki, Session& session, const std::string& name, const std::string& help,
              const std::string& examples, const std::shared_ptr<PkiOptions>& options,
              int (*run)(const Session&, const PkiOptions&)) {
  CLI::App* verb = add_verb(pki, session, name, help, examples, options, run);
  verb->add_option("--dir", options->dir, "Folder of the files")->capture_default_str();
  return verb;
}

void add_days(CLI::App& verb, PkiOptions& options) {
  verb.add_option("--days", options.days, "How long the certificate is valid")
      ->check(CLI::Range(1, kMaxDays))
      ->capture_default_str();
}

void add_hosts(CLI::App& verb, PkiOptions& options) {
  verb.add_option("--host", options.hosts,
                  "Name or address under which the server is reached, beside localhost");
}

}  // namespace

void add_pki(CLI::App& app, Session& session) {
  const auto options = std::make_shared<PkiOptions>();
  CLI::App* pki = app.add_subcommand("pki", "Make the certificates of a cluster, as files");
  pki->require_subcommand(1);
  pki->footer(str_cat("Examples:\n", kInitExamples, kNodeExamples, kUserExamples));
  CLI::App* init = add(*pki, session, "init", "Make an authority, and what the server needs",
                       kInitExamples, options, run_init);
  add_hosts(*init, *options);
  add_days(*init, *options);
  CLI::App* node = add(*pki, session, "node", "Make a node's certificate", kNodeExamples, options,
                       run_node);
  node->add_option("name", options->name, "The node's id")->required();
  node->add_option("--gateway", options->gateways,
                   "NAMESPACE/NAME of a Gateway that the node may serve (default: all)");
  add_days(*node, *options);
  CLI::App* user = add(*pki, session, "user", "Make a person's or a program's certificate",
                       kUserExamples, options, run_user);
  user->add_option("name", options->name, "Who it is, as the audit tells")->required();
  user->add_option("--role", options->role, "viewer, editor or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "editor", "admin"}));
  user->add_option("-n,--namespace", options->namespaces, "Where (default: everywhere)");
  add_days(*user, *options);
  CLI::App* server = add(*pki, session, "server", "Make the server's certificate anew",
                         kServerExamples, options, run_server);
  add_hosts(*server, *options);
  add_days(*server, *options);
  CLI::App* rotate = add(*pki, session, "rotate", "Replace the authority, in two steps",
                         kRotateExamples, options, run_rotate);
  rotate->add_flag("--finish", options->finish, "Believe the new authority alone");
  CLI::App* secrets_key = add(*pki, session, "secrets-key", "Make the key that Secrets are sealed "
                              "with", kSecretsKeyExamples, options, run_secrets_key);
  secrets_key->add_option("file", options->name, "File to make (default: secrets.key in --dir)");
}

}  // namespace limpet::cli
