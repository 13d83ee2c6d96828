#include "server/secret_key_loader.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "server/context.h"

namespace limpet {
namespace {

absl::Status about_the_file(const absl::Status& status) {
  return absl::Status(status.code(), str_cat("--secrets-key-file: ", std_view(status.message())));
}

bool use(Applier& applier, const std::shared_ptr<const SecretKeys>& keys) {
  const absl::Status status = applier.use_secret_keys(keys, make_change_context()).status;
  if (status.ok()) return true;
  spdlog::error("Secrets of other keys are not sealed anew before the next start: {}",
                status.ToString());
  return false;
}

}  // namespace

absl::Status SecretKeyLoader::start() {
  std::shared_ptr<const SecretKeys> keys;
  if (named_) {
    const auto read = file_.refresh();
    if (!read.ok()) return about_the_file(read.status());
    keys = *read;
  }
  use(applier_, keys);
  return absl::OkStatus();
}

void SecretKeyLoader::refresh(SerialWorker& worker) {
  if (!named_) return;
  const auto keys = file_.refresh();
  std::string problem;
  if (!keys.ok()) problem = std::string(std_view(about_the_file(keys.status()).message()));
  if (!problem.empty() && problem != told_) spdlog::error("{}", problem);
  told_ = std::move(problem);
  if (keys.ok() && *keys != nullptr) waiting_ = *keys;
  if (waiting_ == nullptr) return;
  const bool accepted = worker.post([&applier = applier_, changed = waiting_] {
    if (use(applier, changed)) spdlog::info("--secrets-key-file has changed, and is read anew");
  });
  if (accepted) waiting_ = nullptr;
}

}  // namespace limpet
