import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import './index.css';
import { reflect, useDesk } from './store';

// Before the first paint, so that nothing flashes.
reflect(useDesk.getState());
useDesk.subscribe(reflect);

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
