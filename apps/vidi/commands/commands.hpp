#pragma once
// The subcommands of `vidi`. Each adds itself to the program's command line, and returns the exit status when it runs:
// 0 done, 1 something failed, 2 the command line or configuration is wrong.

#include <functional>

#include "command_line/command.hpp"

namespace vidi::app {

using Action = std::function<int()>;

// serve.cpp: the server.
Action add_serve(Command program);

// predict.cpp: recognizes the files of the command line.
Action add_predict(Command program);

// evaluate.cpp: measures a model on a labeled data set.
Action add_evaluate(Command program);

// fit.cpp: a served model from the features of labeled pictures.
Action add_fit(Command program);

// cost.cpp: what a job of features cost, and what a larger one will.
Action add_cost(Command program);

// models.cpp: the models that there are, and what is wrong with one.
Action add_models(Command program);

// features.cpp: a table of features of many pictures.
Action add_features(Command program);

// records.cpp: what was recorded.
Action add_records(Command program);

// objects.cpp: the pictures that are kept.
Action add_objects(Command program);

// backup.cpp: records and pictures into a folder, and out of it.
Action add_backup(Command program);
Action add_restore(Command program);

// keys.cpp: who may use the server.
Action add_keys(Command program);

// health.cpp: whether the server of this machine is ready.
Action add_health(Command program);

// settings.cpp: every setting with its value.
Action add_settings(Command program);

// train.cpp: `vidi train` is the trainer, a program of its own beside this one. Only listed in the help: main()
// hands it over before the command line is parsed.
void add_train(Command program);
int run_trainer(char** arguments);

}  // namespace vidi::app
