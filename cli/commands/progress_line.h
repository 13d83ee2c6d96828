#pragma once

#include <string>

#include "cli/commands/session.h"

namespace limpet::cli {

// What is waited for, on a terminal only: each text overwrites the one before, and the last is
// taken away at the end.
class ProgressLine {
 public:
  explicit ProgressLine(const Session& session) : session_(session) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cut at the terminal's width: a line that goes on below could not be overwritten.
  void show(const std::string& text);
  void clear();

 private:
  const Session& session_;
  bool shown_ = false;
};

}  // namespace limpet::cli
