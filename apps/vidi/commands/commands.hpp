#pragma once
// The subcommands of `vidi`. Each adds itself to the program's command line, and returns the exit status when it runs:
// 0 done, 1 something failed, 2 the command line or configuration is wrong.

#include <CLI/CLI.hpp>
#include <functional>

namespace vidi::app {

using Command = std::function<int()>;

// serve.cpp: the server.
Command add_serve(CLI::App& program);

// predict.cpp: recognizes the files of the command line.
Command add_predict(CLI::App& program);

// evaluate.cpp: measures a model on a labeled data set.
Command add_evaluate(CLI::App& program);

// fit.cpp: a served model from the features of labeled pictures.
Command add_fit(CLI::App& program);

// cost.cpp: what a job of features cost, and what a larger one will.
Command add_cost(CLI::App& program);

// models.cpp: the models that there are, and what is wrong with one.
Command add_models(CLI::App& program);

// features.cpp: a table of features of many pictures.
Command add_features(CLI::App& program);

// records.cpp: what was recorded.
Command add_records(CLI::App& program);

// objects.cpp: the pictures that are kept.
Command add_objects(CLI::App& program);

// backup.cpp: records and pictures into a folder, and out of it.
Command add_backup(CLI::App& program);
Command add_restore(CLI::App& program);

// keys.cpp: who may use the server.
Command add_keys(CLI::App& program);

// health.cpp: whether the server of this machine is ready.
Command add_health(CLI::App& program);

// settings.cpp: every setting with its value.
Command add_settings(CLI::App& program);

// train.cpp: `vidi train` is the trainer, a program of its own beside this one. Only listed in the help: main()
// hands it over before the command line is parsed.
void add_train(CLI::App& program);
int run_trainer(char** arguments);

}  // namespace vidi::app
