// The keys of Secrets, from --secrets-key-file to the Applier: at the start, and when the file has
// changed.
#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>

#include "server/applier.h"
#include "server/secret_keys.h"
#include "server/serial_worker.h"

namespace limpet {

// Not thread-safe. Must outlive the worker that refresh() is given.
class SecretKeyLoader {
 public:
  // Empty: there is no such file, and Secrets are not taken.
  SecretKeyLoader(const std::string& file, Applier& applier)
      : named_(!file.empty()), file_(file), applier_(applier) {}

  // An error: the file is not usable. That Secrets could not be sealed anew is logged alone: what
  // was sealed before is not lost.
  absl::Status start();

  // Now and then. Sealing anew waits for the disk, on the worker. A file that is not usable changes
  // nothing, and the log says so once.
  void refresh(SerialWorker& worker);

 private:
  const bool named_;
  SecretKeyFile file_;
  Applier& applier_;
  std::string told_;                           // the last problem
  std::shared_ptr<const SecretKeys> waiting_;  // for the worker to have room
};

}  // namespace limpet
