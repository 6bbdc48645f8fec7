package actions

// rightOf names the right that an act needs: on Windows there is one for both.
func rightOf(Verb) string { return "of an administrator" }

// howToGet says how the right is given.
const howToGet = "Start sockeye as administrator."
