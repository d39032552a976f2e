#include "model_writing/toml_text.hpp"

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <array>

namespace vidi::model_writing {
namespace {

TEST(TomlText, NumbersReadBackAsThemselves) {
  for (const double value : {0.0, 1.0, 1e-5, -2.5e-7, 1e22, 1.0 / 255, 0.9976}) {
    const toml::table table = toml::parse("x = " + number(value));
    EXPECT_EQ(table["x"].value_exact<double>(), value) << number(value);
  }
}

TEST(TomlText, TextsReadBackAsThemselves) {
  const std::array<std::string, 4> texts{"", "Plum \"blue\"", "a\\b\n\x7f", "\xe5\x86\xac"};
  const toml::table table = toml::parse("x = " + quote_all(texts));
  ASSERT_EQ(table["x"].as_array()->size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(table["x"][i].value<std::string>(), texts[i]);
}

}  // namespace
}  // namespace vidi::model_writing
