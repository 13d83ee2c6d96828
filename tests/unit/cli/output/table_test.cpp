#include "cli/output/table.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

Table sample() {
  Table table({"NAME", "HOSTNAMES", "REASON"});
  table.add({"a-rather-long-name", "one.example.com,two.example.com", "because"});
  table.add({"b", "", "a reason that is long, too"});
  return table;
}

TEST(TableTest, NothingIsCutWithoutATerminal) {
  EXPECT_EQ(sample().to_string(),
            "NAME                 HOSTNAMES                         REASON\n"
            "a-rather-long-name   one.example.com,two.example.com   because\n"
            "b                    <none>                            a reason that is long, too\n");
  EXPECT_EQ(sample().to_string({.columns = 81}), sample().to_string());
}

TEST(TableTest, TheWidestColumnsGiveWay) {
  EXPECT_EQ(sample().to_string({.columns = 60}),
            "NAME                 HOSTNAMES            REASON\n"
            "a-rather-long-name   one.example.com,t\xE2\x80\xA6   because\n"
            "b                    <none>               a reason that is \xE2\x80\xA6\n");
}

TEST(TableTest, NamesAndTitlesStayWhole) {
  EXPECT_EQ(sample().to_string({.columns = 10}),
            "NAME                 HOSTNAMES   REASON\n"
            "a-rather-long-name   one.exam\xE2\x80\xA6   because\n"
            "b                    <none>      a reaso\xE2\x80\xA6\n");
}

TEST(TableTest, HeadersCanBeLeftOut) {
  EXPECT_EQ(sample().to_string({.with_header = false}).find("NAME"), std::string::npos);
  Table table({"A-LONG-TITLE", "B"});
  table.add({"1", "2"});
  EXPECT_EQ(table.to_string({.with_header = false}), "1   2\n");
}

TEST(TableTest, WidthsAreTakenFromTheWidestFirst) {
  std::vector<size_t> widths{30, 20, 10};
  fit_widths(widths, {30, 5, 5}, 46);
  EXPECT_EQ(widths, (std::vector<size_t>{30, 5, 5}));
  widths = {10, 30, 30};
  fit_widths(widths, {10, 8, 8}, 50);
  EXPECT_EQ(widths, (std::vector<size_t>{10, 17, 17}));
  widths = {10, 12, 30};
  fit_widths(widths, {10, 8, 8}, 50);
  EXPECT_EQ(widths, (std::vector<size_t>{10, 12, 22}));
}

}  // namespace
}  // namespace limpet::cli
