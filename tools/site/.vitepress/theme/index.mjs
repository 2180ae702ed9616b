/** VitePress's own theme with the fonts of the reader's machine: nothing is loaded for letters. */
import theme from "vitepress/theme-without-fonts";
import "./style.css";

export default theme;
