import js from '@eslint/js';

const browser = ['document', 'fetch', 'getComputedStyle', 'history', 'innerWidth', 'location', 'performance', 'scrollTo', 'scrollY',
  'AbortSignal', 'DOMParser', 'Option', 'URLSearchParams', 'clearTimeout', 'setTimeout'];
const node = ['console', 'process', 'Buffer', 'URL'];
const globals = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

export default [
  js.configs.recommended,
  {languageOptions: {ecmaVersion: 2023, globals: globals([...browser, ...node])}},
  {files: ['**/assets/*.js'], languageOptions: {sourceType: 'script', globals: globals(browser)}},
];
