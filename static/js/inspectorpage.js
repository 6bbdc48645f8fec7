// The page of one connection, kept up to date.

import { Article } from "./inspector.js";

const main = document.querySelector("main");
new Article(main).keep(main.querySelector("article").dataset.id);
