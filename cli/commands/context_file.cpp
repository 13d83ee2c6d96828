#include "cli/commands/context_file.h"

#include <filesystem>

#include "core/base/text.h"
#include "runtime/data_dir.h"

namespace limpet::cli {
namespace {

constexpr uint64_t kMaxFileBytes = 1024 * 1024;

void fill(std::string& given, const std::string& kept) {
  if (given.empty()) given = kept;
}

}  // namespace

absl::StatusOr<Contexts> read_contexts(const Environment& environment) {
  if (environment.config_file.empty()) return Contexts();
  const absl::StatusOr<std::string> text = read_file(environment.config_file, kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return Contexts();
  if (!text.ok()) return text.status();
  absl::StatusOr<Contexts> contexts = parse_contexts(*text);
  if (contexts.ok()) return contexts;
  return absl::Status(contexts.status().code(), str_cat(environment.config_file, ":",
                                                        std_view(contexts.status().message())));
}

absl::Status write_contexts(const Environment& environment, const Contexts& contexts) {
  if (environment.config_file.empty()) {
    return absl::FailedPreconditionError("there is no home directory to keep contexts in");
  }
  const std::filesystem::path path(environment.config_file);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  return write_file_atomically(path, to_text(contexts), 0600);
}

absl::StatusOr<Connection> complete(const Environment& environment, const Connection& given,
                                    const std::string& context) {
  const absl::StatusOr<Contexts> contexts = read_contexts(environment);
  if (!contexts.ok()) return contexts.status();
  const std::string& name = context.empty() ? contexts->current : context;
  Connection connection = given;
  if (!name.empty()) {
    const Context* kept = contexts->find(name);
    if (kept == nullptr) return absl::NotFoundError(str_cat("there is no context ", name));
    fill(connection.server, kept->connection.server);
    fill(connection.tls.ca, kept->connection.tls.ca);
    fill(connection.tls.identity, kept->connection.tls.identity);
    // Who is somebody by the command line is not somebody else by the context.
    const bool known = !given.token.empty() || !given.tls.identity.empty();
    if (!known) fill(connection.token_file, kept->connection.token_file);
  }
  fill(connection.server, kDefaultServer);
  return connection;
}

}  // namespace limpet::cli
