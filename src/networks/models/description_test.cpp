#include "models/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace vidi::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A file of the smallest description of a model of pictures, with `input` and `rest` added.
class DescriptionTest : public testing::Test {
 protected:
  Result<Description> read(const std::string& input, const std::string& rest = "",
                           const std::string& top = "labels = [\"a\", \"b\"]") {
    std::ofstream(path_) << "format = 1\nname = \"m\"\nform = \"picture\"\n"
                         << top << "\n[input]\nname = \"x\"\nlayout = \"NCHW\"\nwidth = 20\nheight = 10\nchannels = 3\n"
                         << input << "\n[output]\nname = \"y\"\n"
                         << rest;
    return read_description(path_);
  }

  std::string error(const std::string& input, const std::string& rest = "",
                    const std::string& top = "labels = [\"a\", \"b\"]") {
    const auto found = read(input, rest, top);
    return found ? "no error" : found.error().message;
  }

  void write_labels(const std::string& text) { std::ofstream(testing::TempDir() + "labels.txt") << text; }

  const std::string path_ = testing::TempDir() + "model.toml";
};

TEST_F(DescriptionTest, WhatIsNotSaidIsAsUsual) {
  const auto found = read("");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->input.color, Color::rgb);
  EXPECT_EQ(found->input.fit, Fit::stretch);
  EXPECT_EQ(found->input.filter, image::Filter::bilinear);
  EXPECT_EQ(found->output.kind, OutputKind::probabilities);
  EXPECT_EQ(found->versions.kind, VersionPolicy::Kind::latest);
  EXPECT_EQ(found->batch, 32U);
  EXPECT_THAT(found->warnings, IsEmpty());
}

TEST_F(DescriptionTest, ReadsHowPicturesAreMade) {
  const auto found =
      read("color = \"BGR\"\nresize = \"crop\"\nresize_to = 12\nfilter = \"lanczos\"\nmean = [1, 2.5, 3]\nstd = 2",
           "kind = \"scores\"\n[batch]\nmax = 4\n[versions]\nserve = [3, 1]\n[inference]\nthreads = 2\nstreams = 3");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->input.color, Color::bgr);
  EXPECT_EQ(found->input.fit, Fit::crop);
  EXPECT_EQ(found->input.resize_to, 12);
  EXPECT_EQ(found->input.filter, image::Filter::lanczos);
  EXPECT_THAT(found->input.mean, ElementsAre(1, 2.5, 3));
  EXPECT_THAT(found->input.deviation, ElementsAre(2, 2, 2));
  EXPECT_EQ(found->output.kind, OutputKind::scores);
  EXPECT_EQ(found->batch, 4U);
  EXPECT_THAT(found->versions.listed, ElementsAre(1, 3));
  EXPECT_EQ(found->threads, 2U);
  EXPECT_EQ(found->streams, 3U);
}

TEST_F(DescriptionTest, ABackboneHasNoLabels) {
  const auto found = read("", "kind = \"features\"", "");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->output.kind, OutputKind::features);
  EXPECT_THAT(found->labels, IsEmpty());
  EXPECT_THAT(error("", "kind = \"features\""), HasSubstr("'labels' is not for output.kind = \"features\""));
  EXPECT_THAT(error("", "kind = \"features\"\n[rejection]\nnone = true", ""), HasSubstr("'rejection.none' is not for"));
}

// What to_toml writes of a file that was read is read as the same again.
TEST_F(DescriptionTest, ReadsWhatItWrites) {
  const std::vector<std::array<std::string, 3>> files{
      {"", "", "labels = [\"a\", \"b\"]"},
      {"color = \"BGR\"\nresize = \"crop\"\nresize_to = 12\nfilter = \"lanczos\"\nmean = [1, 2.5, 3]\nstd = 2",
       "kind = \"scores\"\n[batch]\nmax = 4\n[versions]\nserve = [3, 1]\n[inference]\nthreads = 2\nstreams = 3\n"
       "precision = \"bf16\"\n[rejection]\nnone = true\nleast_probability = 0.25",
       "description = \"a \\\"quoted\\\" one\\nin two lines\"\nlabels = [\"\\\\\", \"苹果\"]"},
      {"resize = \"pad\"\npad_value = 7\nscale = 0.1\noffset = -1\n[input.constants]\n\"keep prob\" = 1",
       "kind = \"sigmoid\"\nscale = 0.5\noffset = 1e-7\n[versions]\nserve = \"all\"", "labels = [\"a\"]"},
      {"", "kind = \"features\"", ""}};
  for (const auto& [input, rest, top] : files) {
    const auto first = read(input, rest, top);
    ASSERT_TRUE(first) << first.error().message;
    const std::string text = to_toml(*first);
    std::ofstream(path_) << text;
    const auto second = read_description(path_);
    ASSERT_TRUE(second) << second.error().message << '\n' << text;
    EXPECT_EQ(*first, *second) << text;
  }
}

TEST_F(DescriptionTest, SaysWhatAWordMayBe) {
  EXPECT_THAT(error("resize = \"fit\""), HasSubstr(R"('input.resize' must be "stretch", "crop" or "pad")"));
  EXPECT_THAT(error("filter = \"cubic\""), HasSubstr(R"("bilinear", "bicubic", "lanczos" or "box")"));
  EXPECT_THAT(error("", "kind = \"logits\""), HasSubstr(R"("probabilities", "scores", "sigmoid" or "features")"));
  EXPECT_THAT(error("", "[versions]\nserve = \"newest\""), HasSubstr(R"("latest", "all" or a list)"));
  EXPECT_THAT(error("", "[versions]\nserve = [1, \"2\"]"), HasSubstr(R"("latest", "all" or a list)"));
  EXPECT_THAT(error("", "[batch]\nmax = 0"), HasSubstr("'batch.max' must be a whole number from 1 to 4096"));
}

TEST_F(DescriptionTest, SaysWhatDoesNotGoTogether) {
  EXPECT_THAT(error("scale = 1.0\nmean = 1"), HasSubstr("exclude"));
  EXPECT_THAT(error("mean = [1, 2]"), HasSubstr("'input.mean' must be a number, or a list of 3"));
  EXPECT_THAT(error("std = [1, 0, 1]"), HasSubstr("'input.std' must be other than 0"));
  EXPECT_THAT(error("scale = nan"), HasSubstr("'input.scale' must be a number"));
  EXPECT_THAT(error("color = \"gray\""), HasSubstr("\"RGB\" or \"BGR\" for 3 channels"));
  EXPECT_THAT(error("resize_to = 300"), HasSubstr("is for resize = \"crop\""));
  EXPECT_THAT(error("resize = \"crop\"\nresize_to = 9"), HasSubstr("from 10 to 16384"));
  EXPECT_THAT(error("pad_value = 3"), HasSubstr("is for resize = \"pad\""));
  EXPECT_THAT(error("polarity = \"light-on-dark\""), HasSubstr("is for the form \"digits\""));
}

TEST_F(DescriptionTest, LabelsMayStandInAFile) {
  write_labels("Apple\r\nBanana\n\n");
  const auto found = read("", "", "labels_file = \"labels.txt\"");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->labels, ElementsAre("Apple", "Banana"));
}

TEST_F(DescriptionTest, SaysWhatIsWrongWithTheFileOfLabels) {
  write_labels("Apple\n\nBanana\n");
  EXPECT_THAT(error("", "", "labels_file = \"labels.txt\""), HasSubstr("line 2 of the labels in labels.txt is empty"));
  write_labels("\n");
  EXPECT_THAT(error("", "", "labels_file = \"labels.txt\""), HasSubstr("labels.txt is empty"));
  EXPECT_THAT(error("", "", "labels_file = \"../labels.txt\""), HasSubstr("a file in the model's folder"));
  EXPECT_THAT(error("", "", "labels_file = \"none.txt\""), HasSubstr("there is no \"none.txt\""));
  write_labels("a\nb\n");
  EXPECT_THAT(error("", "", "labels = [\"a\"]\nlabels_file = \"labels.txt\""), HasSubstr("keep one"));
  EXPECT_THAT(error("", "", ""), HasSubstr("'labels' must be a list of texts"));
}

TEST_F(DescriptionTest, ReadsValuesForOtherInputs) {
  const auto found = read("[input.constants]\nkeep_prob = 1\n\"training:0\" = false");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->input.constants, ElementsAre(testing::Pair("keep_prob", 1), testing::Pair("training:0", 0)));
  EXPECT_THAT(error("[input.constants]\nkeep_prob = \"1\""), HasSubstr("'input.constants.keep_prob' must be a number"));
}

TEST_F(DescriptionTest, WarnsOfAKeyThatNothingReads) {
  const auto found = read("filtre = \"box\"", "[training]\nanything = 1");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->warnings.size(), 1U);
  EXPECT_THAT(found->warnings[0], HasSubstr("nothing reads 'input.filtre'; did you mean 'input.filter'?"));
}

TEST_F(DescriptionTest, ReadsWhatIsToldOfTheLabels) {
  std::ofstream(testing::TempDir() + "facts.json") << R"({"a": {"name": "A"}, "b": {"name": "B"}, "c": {"name": "C"}})";
  const std::string top = "labels = [\"a\", \"b\"]\n";
  const auto found = read("", "", top + "information = \"facts.json\"");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_NE(found->information, nullptr);
  EXPECT_NE(found->information->find("b"), nullptr);
  EXPECT_THAT(found->warnings, ElementsAre(HasSubstr("'c' is no label")));
  EXPECT_THAT(error("", "", top + "information = \"none.json\""), HasSubstr("there is no \"none.json\""));
  EXPECT_THAT(error("", "", top + "information = \"../facts.json\""), HasSubstr("a JSON file in the model's folder"));
  EXPECT_THAT(error("", "", "labels = [\"d\"]\ninformation = \"facts.json\""),
              HasSubstr("'d' is a label of the model"));
}

TEST_F(DescriptionTest, ReadsWhatIsSaidOfTheUnknown) {
  const auto one = read("", "[rejection]\nunknown = \"Not a fruit I know\"");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(text_in(one->unknown, "fr"), "Not a fruit I know");
  const auto several = read("", "[rejection.unknown]\nen = \"No\"\nfr = \"Non\"");
  ASSERT_TRUE(several) << several.error().message;
  EXPECT_EQ(text_in(several->unknown, "fr"), "Non");
  EXPECT_THAT(several->warnings, IsEmpty());
  for (const char* wrong : {"7", "\"\"", "{}", "{ en = 7 }", "{ en = \"\" }", "{ english = \"No\" }"}) {
    EXPECT_THAT(error("", std::string("[rejection]\nunknown = ") + wrong),
                HasSubstr("'rejection.unknown' must be a text"));
  }
}

}  // namespace
}  // namespace vidi::models
